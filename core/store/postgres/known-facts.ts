import type { Conversion, IdentifierKind } from "../../conversion/conversion.ts";
import type { FileOfFact, Teller } from "../meet-fact.ts";
import { IDENTIFIER } from "../sql/upload-groups.ts";
import type { IntakeSlice, SetAsideReason, UploadState } from "../store.ts";
import { list, lists } from "./lists.ts";
import type { Tx } from "./tx.ts";

/** A stored fact that rows of a group meet; while the group is decided, it becomes what it will be when that is written. */
export interface KnownFact {
  readonly id: number;
  /** Unix seconds. */
  readonly dateTime: number;
  readonly target: string;
  /** The strongest that it has. */
  readonly identifier: IdentifierKind;
  batchId: number;
  row: number;
  sourceId: number;
  price: string | null;
  currency: string;
  revision: number;
  uploadId: number | null;
  setAside: SetAsideReason | null;
  /** The prices of its earlier revisions. */
  readonly earlier: { readonly price: string | null; readonly currency: string }[];
}

/** What the group's rows may meet, and what that stands on. */
export interface Known {
  readonly facts: Map<number, KnownFact>;
  readonly files: Map<number, FileOfFact>;
  /** Of each fact's latest revision, by batch. */
  readonly tellers: Map<number, Teller>;
}

/** A purchase that is known already. */
export interface KnownPurchase {
  readonly keyHash: string;
  /** The fact's id; when it has passed its retention, of the fact that was. */
  readonly conversionId: number;
  /** The file that a fact which has passed its retention went in. */
  readonly uploadId: number | null;
  /** Null when it has passed its retention. */
  readonly dateTime: number | null;
}

type Owner = Pick<IntakeSlice["source"], "counterId" | "workspaceId">;

/** By what a fact is known: equal texts, equal facts. */
export function naturalKey({ counterId, workspaceId }: Owner, c: Conversion): string {
  return `${c.dateTime}\n${counterId}\n${workspaceId}\n${c.target}\n${c.clientId}\n${c.userId}\n${c.yclid}\n${c.purchaseId}`;
}

interface FactRow {
  readonly n: number;
  readonly id: number;
  readonly date_time: number;
  readonly target: string;
  readonly identifier: IdentifierKind;
  readonly batch_id: number;
  readonly row: number;
  readonly source_id: number;
  readonly price: string | null;
  readonly currency: string;
  readonly revision: number;
  readonly upload_id: number | null;
  readonly set_aside: SetAsideReason | null;
  readonly state: UploadState | null;
  readonly file_currency: string | null;
  readonly told_at: number | null;
  readonly sealed: number | null;
}

const FACT = `c.id, c.date_time, c.target, c.batch_id, c.row, c.source_id, c.price, c.currency, c.revision, c.upload_id, c.set_aside,
  ${IDENTIFIER} as identifier,
  u.state, u.currency as file_currency, b.created_at as told_at, b.sealed`;
const STANDING = "left join gateway.uploads u on u.id = c.upload_id left join gateway.batches b on b.id = c.batch_id";

// `date_time` names the one partition to look at.
const BY_NATURAL_KEY = `select k.n, ${FACT}
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    with ordinality as k(date_time, counter_id, workspace_id, target, client_id, user_id, yclid, purchase_id, n)
  join gateway.conversions c on c.date_time = k.date_time and c.counter_id = k.counter_id and c.workspace_id = k.workspace_id
    and c.target = k.target and c.client_id = k.client_id and c.user_id = k.user_id and c.yclid = k.yclid and c.purchase_id = k.purchase_id
  ${STANDING}`;
const BY_ID = `select 0 as n, ${FACT}
  from unnest($1::bigint[], $2::bigint[]) as k(id, date_time)
  join gateway.conversions c on c.date_time = k.date_time and c.id = k.id ${STANDING}`;
const PURCHASES = `select k.key_hash, k.conversion_id, k.upload_id, c.date_time
  from gateway.source_keys k left join gateway.conversions c on c.id = k.conversion_id where k.key_hash = any($1::text[])`;
const LOCK_FILES = "select id from gateway.uploads where id = any($1::bigint[]) order by id for share";
const LOCK_FACTS = `select c.id from gateway.conversions c where c.id = any($1::bigint[]) and c.date_time = any($2::bigint[])
  order by c.date_time, c.id for no key update`;
const TELLERS = "select id, created_at, sealed from gateway.batches where id = any($1::bigint[])";
const EARLIER =
  "select conversion_id, price, currency from gateway.conversion_revisions where conversion_id = any($1::bigint[])";

export function nothingKnown(): Known {
  return { facts: new Map(), files: new Map(), tellers: new Map() };
}

/** Reads the facts of these natural keys; their ids by the keys' places in the list. */
export async function readByNaturalKey(
  tx: Tx,
  known: Known,
  keys: readonly { readonly source: Owner; readonly conversion: Conversion }[],
): Promise<ReadonlyMap<number, number>> {
  const params = lists(
    keys,
    (k) => k.conversion.dateTime,
    (k) => k.source.counterId,
    (k) => k.source.workspaceId,
    (k) => k.conversion.target,
    (k) => k.conversion.clientId,
    (k) => k.conversion.userId,
    (k) => k.conversion.yclid,
    (k) => k.conversion.purchaseId,
  );
  const rows = await tx.ask<FactRow>(BY_NATURAL_KEY, params);
  for (const row of rows) learn(known, row);
  return new Map(rows.map(({ n, id }) => [n - 1, id]));
}

/** Reads facts by their ids and times; what was known of them before is forgotten. */
export async function readById(
  tx: Tx,
  known: Known,
  facts: readonly { readonly id: number; readonly dateTime: number }[],
): Promise<void> {
  const params = lists(
    facts,
    (f) => f.id,
    (f) => f.dateTime,
  );
  for (const row of await tx.ask<FactRow>(BY_ID, params)) learn(known, row);
}

/** Reads who tells the rows of batches that are written in several parts. */
export async function readTellers(tx: Tx, known: Known, batchIds: readonly number[]): Promise<void> {
  const rows = await tx.ask<{ id: number; created_at: number; sealed: number }>(TELLERS, [list(batchIds)]);
  for (const { id, created_at, sealed } of rows) known.tellers.set(id, { createdAt: created_at, sealed: sealed === 1 });
}

/** Looks purchases up by their keyed hashes. */
export async function readPurchases(tx: Tx, keyHashes: readonly string[]): Promise<readonly KnownPurchase[]> {
  const rows = await tx.ask<{
    key_hash: string;
    conversion_id: number;
    upload_id: number | null;
    date_time: number | null;
  }>(PURCHASES, [list(keyHashes)]);
  return rows.map((r) => ({
    keyHash: r.key_hash,
    conversionId: r.conversion_id,
    uploadId: r.upload_id,
    dateTime: r.date_time,
  }));
}

/**
 * Locks facts so that until the end of the transaction nobody gives them a file, puts them aside or revises them, and reads how
 * they stand then. The files that a revision may enter are locked as well, and first, as the planner does: they are not sealed
 * meanwhile.
 * @param isRevised whether a row of the group makes a revision of the fact as it stands
 */
export async function lockFacts(
  tx: Tx,
  known: Known,
  facts: readonly KnownFact[],
  isRevised: (fact: KnownFact) => boolean,
): Promise<void> {
  const times = [...new Set(facts.map((f) => f.dateTime))];
  const lockedFiles = new Set<number>();
  /** The files that are still to be locked; once the facts are, only one that a fact got just before. */
  const lockFiles = (revised: readonly KnownFact[]) => {
    const files = new Set<number>();
    for (const { uploadId } of revised) {
      if (uploadId === null || lockedFiles.has(uploadId) || known.files.get(uploadId)?.state !== "filling") continue;
      files.add(uploadId);
      lockedFiles.add(uploadId);
    }
    if (files.size > 0) tx.send(LOCK_FILES, [list([...files])]);
    return files.size > 0;
  };
  lockFiles(facts.filter(isRevised));
  tx.send(LOCK_FACTS, [list(facts.map((f) => f.id)), list(times)]);
  let revised: readonly KnownFact[];
  do {
    await readById(tx, known, facts);
    revised = facts.map(({ id }) => known.facts.get(id) as KnownFact).filter(isRevised);
  } while (lockFiles(revised));
  if (revised.length === 0) return;
  const earlier = await tx.ask<{ conversion_id: number; price: string | null; currency: string }>(EARLIER, [
    list(revised.map((f) => f.id)),
  ]);
  for (const { conversion_id, price, currency } of earlier)
    known.facts.get(conversion_id)?.earlier.push({ price, currency });
}

function learn(known: Known, row: FactRow): void {
  known.facts.set(row.id, {
    id: row.id,
    dateTime: row.date_time,
    target: row.target,
    identifier: row.identifier,
    batchId: row.batch_id,
    row: row.row,
    sourceId: row.source_id,
    price: row.price,
    currency: row.currency,
    revision: row.revision,
    uploadId: row.upload_id,
    setAside: row.set_aside,
    earlier: [],
  });
  if (row.upload_id !== null && row.state !== null)
    known.files.set(row.upload_id, { state: row.state, currency: row.file_currency ?? "" });
  if (row.told_at !== null) known.tellers.set(row.batch_id, { createdAt: row.told_at, sealed: row.sealed === 1 });
}
