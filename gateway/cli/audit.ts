import { type Command, InvalidArgumentError } from "commander";
import { quoteValue } from "../../core/language.ts";
import { asOperator } from "./operator.ts";

interface Event {
  readonly at: string;
  readonly action: string;
  readonly message: string;
  readonly actor: { readonly kind: string; readonly name: string | null };
  readonly address: string | null;
  readonly before: Fields | null;
  readonly after: Fields | null;
}

type Fields = Readonly<Record<string, unknown>>;

interface Page {
  readonly data: readonly Event[];
  readonly next_cursor: string | null;
}

interface Options {
  readonly since?: string;
  readonly until?: string;
  readonly action?: string;
  readonly text?: string;
  readonly limit: number;
  readonly workspace?: string;
}

/** Events on a page at the most. */
const PAGE = 500;

/** `audit`: who did what. */
export function addAuditCommand(program: Command): void {
  program
    .command("audit")
    .description("Tell who did what, newest first")
    .option("--since <instant>", "ISO 8601 instant: events from then on")
    .option("--until <instant>", "ISO 8601 instant: events before then")
    .option("--action <code>", "one act, webhook.created, or all that begin so, webhook.")
    .option("--text <text>", "what stands in a name, an id, an address or a code")
    .option("--limit <number>", "how many events at the most", wholeNumber, 100)
    .option("--workspace <id>", "another workspace than the first, which has the installation's events too")
    .action(({ since, until, action, text, limit, workspace }: Options) =>
      asOperator(async (operate) => {
        const asked = Object.entries({ from: since, to: until, action, text }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value]],
        );
        let left = limit;
        let cursor: string | null = null;
        do {
          const query = new URLSearchParams(asked);
          query.set("limit", String(Math.min(PAGE, left)));
          if (cursor !== null) query.set("cursor", cursor);
          const page = (await operate("GET", `/v1/audit-events?${query}`, undefined, workspace)) as Page;
          for (const event of page.data) console.log(lineOf(event));
          left -= page.data.length;
          cursor = page.next_cursor;
        } while (cursor !== null && left > 0);
      }),
    );
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("Give a whole number from 1.");
  return Number(text);
}

/** Names may hold what a terminal obeys; quoted, they are only shown. */
function lineOf({ at, action, message, actor, address, before, after }: Event): string {
  const by = actor.name === null ? actor.kind : `${actor.kind} ${quoteValue(actor.name)}`;
  const from = address === null ? "" : ` from ${address}`;
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changes = fields.map((field) => `${field}: ${changeOf(field, before, after)}`).join(", ");
  return `${at}  ${action}  ${quoteValue(message)}  by ${by}${from}${changes && `  (${changes})`}`;
}

function changeOf(field: string, before: Fields | null, after: Fields | null): string {
  const was = before !== null && field in before ? quoteValue(before[field]) : null;
  const is = after !== null && field in after ? quoteValue(after[field]) : null;
  return was === null ? `${is}` : is === null ? `was ${was}` : `${was} → ${is}`;
}
