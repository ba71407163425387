import type { AuditEvent, AuditFilter, AuditPage, AuditPlace, AuditStore } from "../store/store.ts";

/** What somebody looks for in the audit. */
export interface AuditQuestion extends AuditFilter {
  /** Stands in a name, an id, an address or the code of the act, whatever the size of its letters; null: anything. */
  readonly text: string | null;
}

/** What events are found with. */
export interface FindDeps {
  readonly store: { readonly audit: Pick<AuditStore, "list"> };
  /** Lets the event loop serve others, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}

/** Events read at once when a text is looked for, which no index answers. */
const LOOKED_AT_ONCE = 1000;
/** After so many a search answers what it has, and where to go on. */
const MOST_LOOKED = 50_000;

/**
 * A page of events, newest first. Where a text is looked for it may be short, even empty, and not be the last: `after` tells.
 * SQLite folds only Latin letters, so texts are compared here.
 */
export async function findEvents(
  { store, breathe }: FindDeps,
  { text, ...filter }: AuditQuestion,
  before: AuditPlace | null,
  limit: number,
): Promise<AuditPage> {
  if (text === null) return store.audit.list(filter, before, limit);
  const wanted = text.toLowerCase();
  const found: AuditPage["events"][number][] = [];
  let after = before;
  for (let looked = 0; looked < MOST_LOOKED; looked += LOOKED_AT_ONCE) {
    const since = performance.now();
    const page = await store.audit.list(filter, after, LOOKED_AT_ONCE);
    found.push(...page.events.filter((event) => says(event, wanted)));
    const last = found[limit - 1];
    if (last !== undefined && (found.length > limit || page.after !== null)) {
      return { events: found.slice(0, limit), after: { at: last.at, id: last.id } };
    }
    after = page.after;
    if (after === null) break;
    await breathe(since);
  }
  return { events: found, after };
}

/** All events that are looked for, newest first, a piece at a time: as many as there are, never all of them in memory. */
export async function* allEvents(
  deps: FindDeps,
  question: AuditQuestion,
  pieceSize: number,
): AsyncGenerator<readonly AuditEvent[], void, undefined> {
  let before: AuditPlace | null = null;
  do {
    const since = performance.now();
    const { events, after }: AuditPage = await findEvents(deps, question, before, pieceSize);
    if (events.length > 0) yield events;
    before = after;
    await deps.breathe(since);
  } while (before !== null);
}

function says({ action, actor, target, origin }: AuditEvent, wanted: string): boolean {
  const { address, requestId } = origin;
  const told = [action, actor.name, actor.id, target.kind, target.name, target.id, address, requestId];
  return told.some((text) => text?.toLowerCase().includes(wanted));
}
