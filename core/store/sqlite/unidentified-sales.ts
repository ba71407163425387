import type { Database } from "bun:sqlite";
import { dayOf } from "../sql/quota.ts";
import type { ContactSale, IntakeSlice, UnidentifiedSale } from "../store.ts";

/** What is added to the counts of a source and day. */
interface Change {
  readonly sourceId: number;
  readonly day: number;
  refused: number;
  byContact: number;
}

/** Counts the sales of a slice that name no visitor, each once, and keeps those that have a contact. */
export function prepareUnidentified(sqlite: Database): (slice: IntakeSlice) => void {
  // A sale that was told with an identifier before is no unidentified one.
  const isConversion = sqlite.prepare<{ found: number }, [string]>(
    "select 1 as found from source_keys where key_hash = ?",
  );
  const factOf = sqlite.prepare<{ sourceId: number; day: number; byContact: number }, [string]>(
    "select source_id as sourceId, day, by_contact as byContact from unidentified_facts where key_hash = ?",
  );
  const insertFact = sqlite.prepare(
    "insert into unidentified_facts (key_hash, source_id, day, by_contact, expires_at) values (?, ?, ?, ?, ?)",
  );
  const nowByContact = sqlite.prepare("update unidentified_facts set by_contact = 1 where key_hash = ?");
  const addUp = sqlite.prepare(
    `insert into unidentified_sales (source_id, day, refused, by_contact) values (?, ?, ?, ?)
     on conflict (source_id, day) do update set refused = refused + excluded.refused, by_contact = by_contact + excluded.by_contact`,
  );
  // Told again, a sale has its last price and stays as it was first told.
  const keepSale = sqlite.prepare(
    `insert into contact_sales (key_hash, source_id, workspace_id, counter_id, target, date_time, price, currency, phone_md5, email_md5, received_at, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (key_hash) do update set price = excluded.price, currency = excluded.currency,
       phone_md5 = coalesce(phone_md5, excluded.phone_md5), email_md5 = coalesce(email_md5, excluded.email_md5)`,
  );

  function keep({ source, now, keysExpireAt }: IntakeSlice, keyHash: string, sale: ContactSale): void {
    keepSale.run(
      keyHash,
      source.id,
      source.workspaceId,
      source.counterId,
      sale.target,
      sale.dateTime,
      sale.price,
      sale.currency,
      sale.phoneMd5,
      sale.emailMd5,
      now,
      keysExpireAt,
    );
  }

  return (slice) => {
    const changes = new Map<string, Change>();
    const change = (sourceId: number, day: number): Change => {
      const key = `${sourceId}/${day}`;
      const known = changes.get(key) ?? { sourceId, day, refused: 0, byContact: 0 };
      changes.set(key, known);
      return known;
    };
    function count({ keyHash, contact }: UnidentifiedSale): void {
      const fact = factOf.get(keyHash);
      if (fact === null) {
        if (isConversion.get(keyHash) !== null) return;
        const { id } = slice.source;
        const day = dayOf(slice.now);
        insertFact.run(keyHash, id, day, contact === null ? 0 : 1, slice.keysExpireAt);
        if (contact === null) change(id, day).refused++;
        else change(id, day).byContact++;
      } else if (contact !== null && fact.byContact === 0) {
        nowByContact.run(keyHash);
        const counted = change(fact.sourceId, fact.day);
        counted.refused--;
        counted.byContact++;
      }
    }
    for (const sale of slice.unidentified) {
      count(sale);
      if (sale.contact !== null) keep(slice, sale.keyHash, sale.contact);
    }
    for (const { sourceId, day, refused, byContact } of changes.values()) addUp.run(sourceId, day, refused, byContact);
  };
}
