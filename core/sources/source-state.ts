import type { SourceState } from "../plugin/source-context.ts";
import { exclusively } from "../store/exclusively.ts";
import type { SourceRecord, Store } from "../store/store.ts";
import { stateContext } from "../vault/secret-context.ts";
import type { Vault } from "../vault/vault.ts";

/** How long one waits for another who does the same for the same source. */
const TURN_MS = 30_000;

interface StateDeps {
  readonly store: Pick<Store, "sourceState" | "leases">;
  readonly vault: Vault;
  readonly now: () => number;
}

/** What a plugin keeps of one source. */
export function createSourceState({ store, vault, now }: StateDeps, source: SourceRecord): SourceState {
  return {
    async get(name) {
      const sealed = await store.sourceState.get(source.id, name);
      return sealed === null ? null : JSON.parse(vault.open(sealed, stateContext(source.uuid, name)));
    },
    async set(name, value) {
      if (value === null || value === undefined) return store.sourceState.remove(source.id, name);
      const sealed = vault.seal(JSON.stringify(value), stateContext(source.uuid, name));
      await store.sourceState.set(source.id, name, sealed, now());
    },
    async exclusively(work) {
      const turn = { name: `source:${source.uuid}`, holder: crypto.randomUUID(), waitMs: TURN_MS } as const;
      const done = await exclusively(store.leases, turn, work);
      if (done === null) throw new Error(`Another gateway was at the source ${source.uuid} for ${TURN_MS} ms.`);
      return done.result;
    },
  };
}
