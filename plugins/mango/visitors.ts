import type { SourceState } from "metrika-gateway/plugin";
import * as v from "valibot";

/** So many are remembered, the latest, for summaries that a person replays. */
const MOST = 1000;
/** A number is shown to somebody else afterwards, so whoever has it then is not the visitor of that call. */
const SHOWN_MS = 10 * 60_000;
const VISITORS = "visitors";

const Visitor = v.object({ entry_id: v.string(), asked_at: v.number(), client_id: v.optional(v.nullable(v.string())) });

/** Who was shown the number of a call. `asking`: Mango has not answered yet. `unknown`: it was not asked, or knows nobody. */
type KnownVisitor =
  | { readonly state: "asking" | "unknown" }
  | { readonly state: "known"; readonly clientId: string | null };

/** The visitors behind the calls of a source, from a call's beginning on: at its end, Mango no longer knows them. */
export interface Visitors {
  /** What is known of a call's visitor at an instant. */
  of(entryId: string, now: Date): Promise<KnownVisitor>;
  /** Begins to ask; false when it was answered before, or when it is too late to ask. */
  begin(entryId: string, receivedAt: Date, now: Date): Promise<boolean>;
  /** @param clientId null: Mango knows nobody */
  remember(entryId: string, clientId: string | null): Promise<void>;
}

/** Visitors in the state of a source, which is encrypted. */
export function createVisitors(state: SourceState): Visitors {
  const all = async () => v.parse(v.optional(v.array(Visitor), []), (await state.get(VISITORS)) ?? undefined);
  const find = async (entryId: string) => (await all()).find((it) => it.entry_id === entryId);

  function put(entryId: string, change: { readonly asked_at?: number; readonly client_id?: string | null }) {
    return state.exclusively(async () => {
      const known = await all();
      const before = known.find((it) => it.entry_id === entryId);
      const others = known.filter((it) => it.entry_id !== entryId);
      const visitor = { asked_at: 0, ...before, ...change, entry_id: entryId };
      await state.set(VISITORS, [...others, visitor].slice(-MOST));
    });
  }

  return {
    async of(entryId, now) {
      const visitor = await find(entryId);
      if (visitor?.client_id !== undefined) return { state: "known", clientId: visitor.client_id };
      const isAsking = visitor !== undefined && now.getTime() - visitor.asked_at < SHOWN_MS;
      return { state: isAsking ? "asking" : "unknown" };
    },
    async begin(entryId, receivedAt, now) {
      if (now.getTime() - receivedAt.getTime() >= SHOWN_MS) return false;
      const visitor = await find(entryId);
      if (visitor?.client_id !== undefined) return false;
      if (visitor === undefined) await put(entryId, { asked_at: receivedAt.getTime() });
      return true;
    },
    remember: (entryId, clientId) => put(entryId, { client_id: clientId }),
  };
}
