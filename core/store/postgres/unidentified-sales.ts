import { dayOf } from "../sql/quota.ts";
import type { ContactSale, IntakeSlice } from "../store.ts";
import { list, lists } from "./lists.ts";
import type { Tx } from "./tx.ts";

/** A sale of a group that names no visitor, as it was told last, with the contact of whichever telling had one. */
interface Told {
  readonly keyHash: string;
  readonly slice: IntakeSlice;
  readonly contact: ContactSale | null;
}

// In order, here and below, since gateways may tell the same sales at once. What was told with an identifier before is left out.
const INSERT_FACTS = `insert into gateway.unidentified_facts (key_hash, source_id, day, by_contact, expires_at)
  select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[]) n(key_hash, source_id, day, by_contact, expires_at)
  where not exists (select 1 from gateway.source_keys k where k.key_hash = n.key_hash) order by 1
  on conflict do nothing returning key_hash`;
const NOW_BY_CONTACT = `with refused as (
    select key_hash from gateway.unidentified_facts where key_hash = any($1::text[]) and by_contact = 0 order by 1 for update)
  update gateway.unidentified_facts f set by_contact = 1 from refused where f.key_hash = refused.key_hash returning f.source_id, f.day`;
const ADD_UP = `insert into gateway.unidentified_sales as t (source_id, day, refused, by_contact)
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) n(source_id, day, refused, by_contact) order by 1, 2
  on conflict (source_id, day) do update set refused = t.refused + excluded.refused, by_contact = t.by_contact + excluded.by_contact`;
// Told again, a sale has its last price and stays as it was first told.
const KEEP_SALES = `insert into gateway.contact_sales as t
    (key_hash, source_id, workspace_id, counter_id, target, date_time, price, currency, phone_md5, email_md5, received_at, expires_at)
  select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::bigint[], $12::bigint[])
    n(key_hash, source_id, workspace_id, counter_id, target, date_time, price, currency, phone_md5, email_md5, received_at, expires_at)
  order by 1
  on conflict (key_hash) do update set price = excluded.price, currency = excluded.currency,
    phone_md5 = coalesce(t.phone_md5, excluded.phone_md5), email_md5 = coalesce(t.email_md5, excluded.email_md5)`;

/** Counts the sales of a group that name no visitor, each once, and keeps those that have a contact. */
export async function countUnidentified(tx: Tx, slices: readonly IntakeSlice[]): Promise<void> {
  const told = toldOnce(slices);
  if (told.length === 0) return;
  const rows = await tx.ask<{ key_hash: string }>(
    INSERT_FACTS,
    lists(
      told,
      (t) => t.keyHash,
      (t) => t.slice.source.id,
      (t) => dayOf(t.slice.now),
      (t) => (t.contact === null ? 0 : 1),
      (t) => t.slice.keysExpireAt,
    ),
  );
  const fresh = new Set(rows.map(({ key_hash }) => key_hash));
  const sums = createSums();
  for (const { keyHash, slice, contact } of told)
    if (fresh.has(keyHash)) sums.add(slice.source.id, dayOf(slice.now), contact === null ? 1 : 0, contact ? 1 : 0);
  const kept = told.flatMap((t) => (t.contact === null ? [] : { ...t, contact: t.contact }));
  const before = kept.flatMap(({ keyHash }) => (fresh.has(keyHash) ? [] : keyHash));
  if (before.length > 0) {
    const moved = await tx.ask<{ source_id: number; day: number }>(NOW_BY_CONTACT, [list(before)]);
    for (const { source_id, day } of moved) sums.add(source_id, day, -1, 1);
  }
  if (kept.length > 0) {
    tx.send(
      KEEP_SALES,
      lists(
        kept,
        (k) => k.keyHash,
        (k) => k.slice.source.id,
        (k) => k.slice.source.workspaceId,
        (k) => k.slice.source.counterId,
        (k) => k.contact.target,
        (k) => k.contact.dateTime,
        (k) => k.contact.price,
        (k) => k.contact.currency,
        (k) => k.contact.phoneMd5,
        (k) => k.contact.emailMd5,
        (k) => k.slice.now,
        (k) => k.slice.keysExpireAt,
      ),
    );
  }
  const changes = sums.all();
  if (changes.length > 0) {
    tx.send(
      ADD_UP,
      lists(
        changes,
        (c) => c.sourceId,
        (c) => c.day,
        (c) => c.refused,
        (c) => c.byContact,
      ),
    );
  }
}

/** One statement may not touch a row twice: each sale once, first told as it was first, with its last price. */
function toldOnce(slices: readonly IntakeSlice[]): readonly Told[] {
  const told = new Map<string, Told>();
  for (const slice of slices)
    for (const { keyHash, contact } of slice.unidentified) {
      const first = told.get(keyHash);
      told.set(keyHash, first ? { ...first, contact: together(first.contact, contact) } : { keyHash, slice, contact });
    }
  return [...told.values()];
}

function together(first: ContactSale | null, again: ContactSale | null): ContactSale | null {
  if (first === null || again === null) return first ?? again;
  const { price, currency } = again;
  const phoneMd5 = first.phoneMd5 ?? again.phoneMd5;
  return { ...first, price, currency, phoneMd5, emailMd5: first.emailMd5 ?? again.emailMd5 };
}

/** Sums by source and day. */
function createSums() {
  const sums = new Map<string, { sourceId: number; day: number; refused: number; byContact: number }>();
  return {
    add(sourceId: number, day: number, refused: number, byContact: number): void {
      const key = `${sourceId}/${day}`;
      const sum = sums.get(key) ?? { sourceId, day, refused: 0, byContact: 0 };
      sum.refused += refused;
      sum.byContact += byContact;
      sums.set(key, sum);
    },
    all: () => [...sums.values()],
  };
}
