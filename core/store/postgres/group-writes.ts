import type { IdentifierKind } from "../../conversion/conversion.ts";
import { isGivenUp, placeRevision } from "../meet-fact.ts";
import { isCountedAside } from "../sql/holders.ts";
import type { IntakeRow, IntakeSlice, SetAsideReason } from "../store.ts";
import { type Known, type KnownFact, standingOf } from "./known-facts.ts";
import { lists, type Value } from "./lists.ts";
import type { Tx } from "./tx.ts";

const INSERT_DUPLICATES = `insert into gateway.duplicates (batch_id, row, conversion_id, revision, upload_id)
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])`;
const COUNT_IN_UPLOADS = `insert into gateway.batch_uploads as t (batch_id, upload_id, rows, duplicates)
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
  on conflict (batch_id, upload_id) do update set rows = t.rows + excluded.rows, duplicates = t.duplicates + excluded.duplicates`;
const COUNT_SET_ASIDE = `insert into gateway.batch_set_aside as t (batch_id, target, reason, rows)
  select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
  on conflict (batch_id, target, reason) do update set rows = t.rows + excluded.rows`;
const GIVE_UP_OPEN_REVISIONS = `update gateway.conversion_revisions r set outcome = g.outcome
  from unnest($1::bigint[], $2::text[]) as g(id, outcome)
  where r.conversion_id = g.id and r.upload_id is null and r.outcome is null`;
const KEEP_REVISIONS = `insert into gateway.conversion_revisions
    (conversion_id, revision, batch_id, row, price, currency, upload_id, outcome, replaced_at)
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::bigint[])`;
const REPLACE = `update gateway.conversions c set batch_id = n.batch_id, row = n.row, source_id = n.source_id, price = n.price,
    currency = n.currency, revision = n.revision, upload_id = n.upload_id, set_aside = n.set_aside
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[])
    as n(id, date_time, batch_id, row, source_id, price, currency, revision, upload_id, set_aside)
  where c.date_time = n.date_time and c.id = n.id`;
// In order, since the planner and other gateways count in the same files.
const HAND_OVER = `insert into gateway.upload_groups as t (upload_id, source_id, target, identifier, rows)
  select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[]) order by 1, 2, 3, 4
  on conflict (upload_id, source_id, target, identifier) do update set rows = t.rows + excluded.rows`;
const DROP_EMPTY_GROUPS = "delete from gateway.upload_groups where upload_id = any($1::bigint[]) and rows <= 0";

/** A revision that another has replaced. */
interface Replaced {
  readonly fact: KnownFact;
  readonly revision: number;
  readonly batchId: number;
  readonly row: number;
  readonly price: string | null;
  readonly currency: string;
  readonly uploadId: number | null;
  readonly outcome: string | null;
  readonly replacedAt: number;
}

/** Sums by a key of several columns. */
function createSums<Key extends readonly (string | number)[]>() {
  const sums = new Map<string, { readonly key: Key; readonly values: [number, number] }>();
  return {
    add(key: Key, first: number, second = 0): void {
      const name = key.join("\n");
      const sum = sums.get(name);
      if (sum) {
        sum.values[0] += first;
        sum.values[1] += second;
      } else sums.set(name, { key, values: [first, second] });
    },
    all: () => [...sums.values()],
  };
}

/** What follows from rows that meet known facts: decided row by row in memory, written in few statements. */
export interface GroupWrites {
  /** A row repeats the latest revision of a fact. */
  repeat(
    batchId: number,
    row: number,
    fact: Pick<KnownFact, "id" | "revision" | "target" | "uploadId" | "setAside">,
  ): void;
  /** A row tells the next revision of a fact, which from now on is what the fact is. */
  revise(slice: IntakeSlice, batchId: number, row: IntakeRow, fact: KnownFact): void;
  /** Sends the statements. */
  send(tx: Tx): void;
}

/** @param known the files by which revisions are placed */
export function createGroupWrites(known: Pick<Known, "files">): GroupWrites {
  const duplicates: { batchId: number; row: number; id: number; revision: number; uploadId: number | null }[] = [];
  const inUploads = createSums<readonly [batchId: number, uploadId: number]>();
  const setAside = createSums<readonly [batchId: number, target: string, reason: string]>();
  const groups =
    createSums<readonly [uploadId: number, sourceId: number, target: string, identifier: IdentifierKind]>();
  const replaced: Replaced[] = [];
  const givenUpWith: Replaced[] = [];
  const revised = new Set<KnownFact>();

  const countAside = (batchId: number, target: string, reason: SetAsideReason | null) => {
    if (isCountedAside(reason)) setAside.add([batchId, target, reason], 1);
  };

  return {
    repeat(batchId, row, { id, revision, target, uploadId, setAside: aside }) {
      duplicates.push({ batchId, row, id, revision, uploadId });
      if (uploadId !== null) inUploads.add([batchId, uploadId], 0, 1);
      else countAside(batchId, target, aside);
    },
    revise(slice, batchId, row, fact) {
      const standing = standingOf(known, fact);
      const givenUp = isGivenUp(standing);
      const { price, currency } = row.conversion;
      const place = placeRevision(standing, currency, slice);
      const earlier: Replaced = {
        fact,
        revision: fact.revision,
        batchId: fact.batchId,
        row: fact.row,
        price: fact.price,
        currency: fact.currency,
        uploadId: fact.uploadId,
        outcome: givenUp ? (fact.setAside ?? "failed") : null,
        replacedAt: slice.now,
      };
      replaced.push(earlier);
      // What a given-up fact took with it stays given up, whatever becomes of the fact's next revision.
      if (givenUp && fact.setAside !== null) givenUpWith.push(earlier);
      if (place.keepsFile && fact.uploadId !== null) {
        inUploads.add([batchId, fact.uploadId], 1);
        if (fact.sourceId !== slice.source.id) {
          groups.add([fact.uploadId, fact.sourceId, fact.target, fact.identifier], -1);
          groups.add([fact.uploadId, slice.source.id, fact.target, fact.identifier], 1);
        }
      }
      if (place.setAside === "waiting_goal") countAside(batchId, fact.target, place.setAside);
      fact.earlier.push({ price: fact.price, currency: fact.currency });
      fact.batchId = batchId;
      fact.row = row.row;
      fact.sourceId = slice.source.id;
      fact.price = price;
      fact.currency = currency;
      fact.revision++;
      if (!place.keepsFile) fact.uploadId = null;
      fact.setAside = place.setAside;
      revised.add(fact);
    },
    send(tx) {
      const send = <Row>(text: string, rows: readonly Row[], ...columns: readonly ((row: Row) => Value)[]) => {
        if (rows.length > 0) tx.send(text, lists(rows, ...columns));
      };
      send(
        GIVE_UP_OPEN_REVISIONS,
        givenUpWith,
        (r) => r.fact.id,
        (r) => r.outcome,
      );
      send(
        KEEP_REVISIONS,
        replaced,
        (r) => r.fact.id,
        (r) => r.revision,
        (r) => r.batchId,
        (r) => r.row,
        (r) => r.price,
        (r) => r.currency,
        (r) => r.uploadId,
        (r) => r.outcome,
        (r) => r.replacedAt,
      );
      send(
        REPLACE,
        [...revised],
        (f) => f.id,
        (f) => f.dateTime,
        (f) => f.batchId,
        (f) => f.row,
        (f) => f.sourceId,
        (f) => f.price,
        (f) => f.currency,
        (f) => f.revision,
        (f) => f.uploadId,
        (f) => f.setAside,
      );
      send(
        INSERT_DUPLICATES,
        duplicates,
        (d) => d.batchId,
        (d) => d.row,
        (d) => d.id,
        (d) => d.revision,
        (d) => d.uploadId,
      );
      send(
        COUNT_IN_UPLOADS,
        inUploads.all(),
        ({ key }) => key[0],
        ({ key }) => key[1],
        ({ values }) => values[0],
        ({ values }) => values[1],
      );
      send(
        COUNT_SET_ASIDE,
        setAside.all(),
        ({ key }) => key[0],
        ({ key }) => key[1],
        ({ key }) => key[2],
        ({ values }) => values[0],
      );
      const handed = groups.all();
      send(
        HAND_OVER,
        handed,
        ({ key }) => key[0],
        ({ key }) => key[1],
        ({ key }) => key[2],
        ({ key }) => key[3],
        ({ values }) => values[0],
      );
      send(DROP_EMPTY_GROUPS, handed, ({ key }) => key[0]);
    },
  };
}
