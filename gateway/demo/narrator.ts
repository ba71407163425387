import { type Language, type Params, render } from "../../core/language.ts";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { AccountAnswer, BatchAnswer, BatchRowAnswer, WebhookAnswer } from "./client.ts";
import type { RowFate } from "./fates.ts";
import { type PhraseName, phrases } from "./phrases.ts";
import type { Rig } from "./rig.ts";
import type { Terminal } from "./terminal.ts";

/** Puts what the gateway answers into lines. */
export interface Narrator {
  readonly language: Language;
  readonly say: (name: PhraseName, params?: Params) => string;
  opening(rig: Rig): void;
  /** A heading, from whose time on the events are counted; another instant may be given. */
  begin(heading: string, at?: number): void;
  webhook(webhook: WebhookAnswer, account: AccountAnswer): void;
  /** What the gateway took, with the reason of each refused row. */
  taken(intake: Intake): void;
  moved(batch: BatchAnswer): void;
  /** One row has got on. */
  rowMoved(row: BatchRowAnswer): void;
  /** The end of a batch, with the match rate where Metrika's numbers are the batch's own. */
  settled(batch: BatchAnswer): void;
  /** What the gateway says is amiss with a batch. */
  remarks(batch: BatchAnswer): void;
  fates(fates: readonly RowFate[]): void;
  /** What Metrika has counted in the end. */
  counted(conversions: number, rows: number): void;
}

/** The part of a batch's status that its receipt told too. */
export type Intake = Pick<BatchAnswer, "accepted" | "duplicates" | "rejected" | "rejections" | "warnings">;

/** Where the narrator writes, and in which language. */
export interface NarratorDeps {
  readonly terminal: Terminal;
  readonly language: Language;
  readonly now: () => number;
}

/** More files are told by their number. */
const MOST_FILES_NAMED = 3;

/** Makes a narrator that has said nothing yet. */
export function createNarrator({ terminal, language, now }: NarratorDeps): Narrator {
  const say = (name: PhraseName, params?: Params) => render(phrases[name], language, params);
  let begun = now();
  const elapsed = () => Math.max(0, now() - begun) / 1000;

  function filesOf({ uploads }: BatchAnswer): string {
    const sent = uploads
      .filter((upload) => upload.metrika_upload_id !== null)
      .toSorted((a, b) => Number(a.metrika_upload_id) - Number(b.metrika_upload_id));
    if (sent.length > MOST_FILES_NAMED) {
      return say("files", { count: sent.length, rows: sent.map(({ rows }) => rows).join(", ") });
    }
    return sent
      .map(({ metrika_upload_id, rows, currency }) => say("file", { id: metrika_upload_id ?? "", rows, currency }))
      .join(", ");
  }

  function progress(batch: BatchAnswer): string {
    if (batch.status === "pending") return say("waits_again");
    if (batch.status === "uploaded") return filesOf(batch);
    const statuses = new Set(batch.uploads.map((upload) => upload.metrika_status ?? ""));
    return say("metrika_works", { status: [...statuses].join(", ") });
  }

  return {
    ...{ language, say },
    opening({ url, simulatorUrl, logFile }) {
      terminal.line(say("title"), "strong");
      terminal.line(say("subtitle"));
      terminal.line();
      const goals = demo.goals.map((goal) => goal.identifier).join(", ");
      terminal.fields([
        [say("gateway"), url],
        [say("metrika"), simulatorUrl],
        [say("counter"), say("counter_value", { counter: demo.counterId, name: demo.counterName, goals })],
        [say("log"), logFile],
      ]);
    },
    begin(heading, at = now()) {
      terminal.heading(heading);
      begun = at;
    },
    webhook({ webhook_id, secret, url, warnings }, { login }) {
      terminal.fields([
        [say("account"), say("account_connected", { login })],
        ["webhook_id", webhook_id],
        ["secret", say("secret_shown", { secret })],
        ["url", url],
      ]);
      // That the address is this machine's own is the demo's nature; the hints at its end say what a real one needs.
      const doubts = warnings.filter(({ code }) => code !== "address_local");
      for (const { message } of doubts) terminal.note(message, "", "warn");
    },
    taken({ accepted, duplicates, rejected, rejections, warnings }) {
      terminal.event(elapsed(), "accepted", say("intake", { accepted, duplicates, rejected }), "plain");
      for (const { index, message } of rejections) terminal.note(message, `index ${index}`, "bad");
      const codes = [...new Set(warnings.map((warning) => warning.code))].join(", ");
      if (codes !== "") terminal.note(say("warned", { codes }), "", "warn");
    },
    moved(batch) {
      terminal.event(elapsed(), batch.status, progress(batch), "plain");
    },
    rowMoved({ detail, status, message }) {
      const ended = { pending: "plain", processed: "good", error: "bad" } as const;
      terminal.event(elapsed(), detail, message, ended[status]);
    },
    settled({ status, processed, total, linked, uploads }) {
      const tone = status === "completed" ? "good" : "bad";
      terminal.event(elapsed(), status, say("settled", { processed, total }), tone);
      const taken = uploads.reduce((rows, upload) => rows + (upload.line_quantity ?? 0), 0);
      if (linked === null || taken === 0) return;
      terminal.note(say("match_rate", { rate: Math.round((100 * linked) / taken), linked, taken }), "", tone);
    },
    remarks({ errors }) {
      for (const error of errors ?? []) terminal.note(error, "!", "warn");
    },
    fates(fates) {
      const tones = { pending: "warn", error: "bad", processed: "plain" } as const;
      for (const { count, indexes, kind, status, message } of fates) {
        const text =
          kind === "rejected" ? say("fate_rejected") : kind === "duplicate" ? say("fate_duplicate") : message;
        terminal.note(`${text} [index ${indexes}]`, say("rows", { count }), tones[status]);
      }
    },
    counted(conversions, rows) {
      terminal.line();
      terminal.line(say("books", { conversions, rows }), "good");
    },
  };
}
