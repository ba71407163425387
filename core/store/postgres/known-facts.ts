import type { Conversion, IdentifierKind } from "../../conversion/conversion.ts";
import type { FileOfFact, Standing, Teller } from "../meet-fact.ts";
import { IDENTIFIER } from "../sql/upload-groups.ts";
import type { IntakeSlice, SetAsideReason, UploadState } from "../store.ts";
import { list, lists } from "./lists.ts";
import { span } from "./new-conversions.ts";
import type { Tx } from "./tx.ts";

/** A fact that rows of a group meet; while the group is decided, it becomes what it will be when that is written. */
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

/** What the rows of a group meet, and what that stands on. */
export interface Known {
  readonly facts: Map<number, KnownFact>;
  readonly files: Map<number, FileOfFact>;
  /** Of each fact's latest revision, by batch; only of facts that the group revises. */
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

/** What a row of the database tells of a fact that may change. */
interface Told {
  readonly id: number;
  readonly batch_id: number;
  readonly row: number;
  readonly source_id: number;
  readonly price: string | null;
  readonly currency: string;
  readonly revision: number;
  readonly upload_id: number | null;
  readonly set_aside: SetAsideReason | null;
}

interface ToldWithFile extends Told {
  readonly state: UploadState | null;
  readonly file_currency: string | null;
}

interface ToldFile {
  readonly id: number;
  readonly state: UploadState;
  readonly currency: string;
}

const TOLD = "c.id, c.batch_id, c.row, c.source_id, c.price, c.currency, c.revision, c.upload_id, c.set_aside";
const FILE = "u.state, u.currency as file_currency";
// `date_time` names the one partition to look at, here and below.
const BY_NATURAL_KEY = `select k.n, ${TOLD}, ${FILE}
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    with ordinality as k(date_time, counter_id, workspace_id, target, client_id, user_id, yclid, purchase_id, n)
  join gateway.conversions c on c.date_time = k.date_time and c.counter_id = k.counter_id and c.workspace_id = k.workspace_id
    and c.target = k.target and c.client_id = k.client_id and c.user_id = k.user_id and c.yclid = k.yclid and c.purchase_id = k.purchase_id
  left join gateway.uploads u on u.id = c.upload_id`;
const BY_ID = `select c.date_time, c.target, ${IDENTIFIER} as identifier, ${TOLD}, ${FILE}
  from unnest($1::bigint[], $2::bigint[]) as k(id, date_time)
  join gateway.conversions c on c.date_time = k.date_time and c.id = k.id
  left join gateway.uploads u on u.id = c.upload_id`;
const PURCHASES = `select k.key_hash, k.conversion_id, k.upload_id, c.date_time
  from gateway.source_keys k left join gateway.conversions c on c.id = k.conversion_id where k.key_hash = any($1::text[])`;
const LOCK_FILES =
  "select u.id, u.state, u.currency from gateway.uploads u where u.id = any($1::bigint[]) order by u.id for share";
const LOCK_FACTS = `select ${TOLD} from gateway.conversions c
  where c.id = any($1::bigint[]) and c.date_time between $2::bigint and $3::bigint order by c.id for no key update`;
const TELLERS = "select id, created_at, sealed from gateway.batches where id = any($1::bigint[])";
const EARLIER =
  "select conversion_id, price, currency from gateway.conversion_revisions where conversion_id = any($1::bigint[])";

export function nothingKnown(): Known {
  return { facts: new Map(), files: new Map(), tellers: new Map() };
}

/** What decides about a row that meets the fact. */
export function standingOf({ files }: Pick<Known, "files">, { uploadId, setAside }: KnownFact): Standing {
  return { file: uploadId === null ? null : (files.get(uploadId) ?? null), setAside };
}

/** A key to look a fact up by, with what all facts of that key have in common. */
export interface AskedKey {
  readonly source: Owner;
  readonly conversion: Conversion;
  readonly identifier: IdentifierKind;
}

/** Reads the facts of these natural keys; their ids by the keys' places in the list. */
export async function readByNaturalKey(
  tx: Tx,
  known: Known,
  keys: readonly AskedKey[],
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
  const found = new Map<number, number>();
  for (const row of await tx.ask<ToldWithFile & { readonly n: number }>(BY_NATURAL_KEY, params)) {
    const { conversion, identifier } = keys[row.n - 1] as AskedKey;
    learn(known, row, { dateTime: conversion.dateTime, target: conversion.target, identifier });
    found.set(row.n - 1, row.id);
  }
  return found;
}

/** Reads facts by their ids and times. */
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
  type Row = ToldWithFile & Pick<KnownFact, "target" | "identifier"> & { readonly date_time: number };
  for (const row of await tx.ask<Row>(BY_ID, params))
    learn(known, row, { dateTime: row.date_time, target: row.target, identifier: row.identifier });
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
 * they stand then, with all that a revision is decided by. The files that a revision may enter are locked as well, and first, as
 * the planner does: they are not sealed meanwhile.
 * @param isRevised whether a row of the group makes a revision of the fact as it stands
 */
export async function lockFacts(
  tx: Tx,
  known: Known,
  facts: readonly KnownFact[],
  isRevised: (fact: KnownFact) => boolean,
): Promise<void> {
  const lockedFiles = new Set<number>();
  const entered = (revised: readonly KnownFact[]) =>
    revised.flatMap(({ uploadId }) => {
      const isOpen = uploadId !== null && known.files.get(uploadId)?.state === "filling";
      return isOpen && !lockedFiles.has(uploadId) ? [uploadId] : [];
    });
  const lockFiles = async (uploadIds: readonly number[]) => {
    if (uploadIds.length === 0) return;
    for (const id of uploadIds) lockedFiles.add(id);
    const rows = await tx.ask<ToldFile>(LOCK_FILES, [list([...new Set(uploadIds)])]);
    for (const { id, state, currency } of rows) known.files.set(id, { state, currency });
  };
  const { earliest, latest } = span(facts);
  const params = [list(facts.map((f) => f.id)), earliest, latest];
  const [, told] = await Promise.all([lockFiles(entered(facts.filter(isRevised))), tx.ask<Told>(LOCK_FACTS, params)]);
  for (const row of told) learn(known, row, known.facts.get(row.id) as KnownFact);
  const current = facts.map(({ id }) => known.facts.get(id) as KnownFact);
  // What a fact got just before it was locked.
  const given = current.flatMap(({ uploadId }) => (uploadId === null || known.files.has(uploadId) ? [] : [uploadId]));
  await lockFiles([...given, ...entered(current.filter(isRevised))]);
  const revised = current.filter(isRevised);
  if (revised.length === 0) return;
  const tellers = revised.map((f) => f.batchId).filter((id) => !known.tellers.has(id));
  const [earlier] = await Promise.all([
    tx.ask<{ conversion_id: number; price: string | null; currency: string }>(EARLIER, [
      list(revised.map((f) => f.id)),
    ]),
    readTellers(tx, known, tellers),
  ]);
  for (const { conversion_id, price, currency } of earlier)
    known.facts.get(conversion_id)?.earlier.push({ price, currency });
}

/** Reads who tells the rows of batches. */
export async function readTellers(tx: Tx, known: Known, batchIds: readonly number[]): Promise<void> {
  if (batchIds.length === 0) return;
  const rows = await tx.ask<{ id: number; created_at: number; sealed: number }>(TELLERS, [list(batchIds)]);
  for (const { id, created_at, sealed } of rows) known.tellers.set(id, { createdAt: created_at, sealed: sealed === 1 });
}

function learn(
  known: Known,
  row: Told & Partial<Pick<ToldWithFile, "state" | "file_currency">>,
  { dateTime, target, identifier }: Pick<KnownFact, "dateTime" | "target" | "identifier">,
): void {
  known.facts.set(row.id, {
    id: row.id,
    ...{ dateTime, target, identifier },
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
  if (row.upload_id !== null && row.state)
    known.files.set(row.upload_id, { state: row.state, currency: row.file_currency ?? "" });
}
