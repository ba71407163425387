import type { Database } from "bun:sqlite";
import type { Conversion } from "../../conversion/conversion.ts";
import { GIVEN } from "../../conversion/purchase-key.ts";
import type { FileOfFact, Teller } from "../meet-fact.ts";
import type { IntakeSlice, SetAsideReason } from "../store.ts";

/** A stored fact that a row meets by its natural key or its purchase. */
export interface KnownFact {
  readonly id: number;
  readonly batch_id: number;
  readonly row: number;
  readonly source_id: number;
  readonly target: string;
  readonly date_time: number;
  readonly price: string | null;
  readonly currency: string;
  readonly revision: number;
  readonly upload_id: number | null;
  readonly set_aside: SetAsideReason | null;
}

const FACT =
  "select id, batch_id, row, source_id, target, date_time, price, currency, revision, upload_id, set_aside from conversions";

/**
 * Looks known facts up, one table at a time: SQLite plans a join anew each time it is given another parameter, which made a
 * repeat several times as dear as a new row (measured).
 */
export function prepareKnownFacts(sqlite: Database) {
  const byNaturalKey = sqlite.prepare<KnownFact, [number, number, number, string, string, string, string, string]>(
    `${FACT} where date_time = ? and counter_id = ? and workspace_id = ? and target = ? and client_id = ? and user_id = ? and yclid = ? and purchase_id = ?`,
  );
  const byId = sqlite.prepare<KnownFact, [number]>(`${FACT} where id = ?`);
  const keyOwner = sqlite.prepare<{ conversion_id: number; upload_id: number | null }, [string]>(
    "select conversion_id, upload_id from source_keys where key_hash = ?",
  );
  const otherGivenKey = sqlite.prepare<{ found: number }, [number, string]>(
    `select 1 as found from source_keys where conversion_id = ? and key_hash <> ? and key_hash like '${GIVEN}%' limit 1`,
  );
  const file = sqlite.prepare<FileOfFact, [number]>("select state, currency from uploads where id = ?");
  const teller = sqlite.prepare<{ createdAt: number; sealed: number }, [number]>(
    "select created_at as createdAt, sealed from batches where id = ?",
  );
  // No file changes while a group is written, and a storm of repeats hits few.
  const files = new Map<number, FileOfFact | null>();

  function fileById(id: number): FileOfFact | null {
    let known = files.get(id);
    if (known === undefined) {
      known = file.get(id);
      files.set(id, known);
    }
    return known;
  }

  return {
    /** To be called at the start of each transaction. */
    beginGroup(): void {
      files.clear();
    },
    byNaturalKey({ counterId, workspaceId }: IntakeSlice["source"], c: Conversion): KnownFact | null {
      return byNaturalKey.get(
        c.dateTime,
        counterId,
        workspaceId,
        c.target,
        c.clientId,
        c.userId,
        c.yclid,
        c.purchaseId,
      );
    },
    /** The fact that a purchase is known by; when it has passed its retention, the file it went in. */
    byPurchase(
      keyHash: string,
    ): { readonly fact: KnownFact | null; readonly id: number; readonly uploadId: number | null } | null {
      const owner = keyOwner.get(keyHash);
      return owner && { fact: byId.get(owner.conversion_id), id: owner.conversion_id, uploadId: owner.upload_id };
    },
    /** Whether a fact came with a key of its own, another than this. */
    hasOtherKey({ id }: KnownFact, keyHash: string): boolean {
      return otherGivenKey.get(id, keyHash) !== null;
    },
    fileOf({ upload_id: id }: KnownFact): FileOfFact | null {
      return id === null ? null : fileById(id);
    },
    /** Whether Metrika is done with a file, so that what stands in it stays there. One past its retention is. */
    isCompleted(uploadId: number): boolean {
      const known = fileById(uploadId);
      return known === null || known.state === "completed";
    },
    /** Null for a fact of the batch that is just being written. */
    tellerOf(fact: KnownFact): Teller | null {
      const told = teller.get(fact.batch_id);
      return told && { createdAt: told.createdAt, sealed: told.sealed === 1 };
    },
  };
}
