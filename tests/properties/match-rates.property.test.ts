import { expect, test } from "bun:test";
import fc from "fast-check";
import { matchDimensions } from "../../core/store/port/match-rates.ts";
import { openSqliteStore } from "../../core/store/sqlite/store.ts";
import type { MatchRate } from "../../core/store/store.ts";
import { START, sale, World } from "../contract/store/world.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 150);

/** A row of a small file, and what became of it, which Metrika tells nobody. */
interface HiddenRow {
  readonly source: number;
  readonly target: string;
  readonly kind: "client_id" | "user_id";
  readonly fate: "linked" | "not_linked" | "not_taken";
}

interface HiddenFile {
  readonly rows: readonly HiddenRow[];
  readonly ends: "told" | "untold" | "open";
}

const row = fc.record<HiddenRow>({
  source: fc.nat(1),
  target: fc.constantFrom("purchase", "lead"),
  kind: fc.constantFrom("client_id", "user_id"),
  fate: fc.constantFrom("linked", "linked", "not_linked", "not_taken"),
});
const file = fc.record<HiddenFile>({
  rows: fc.array(row, { minLength: 1, maxLength: 7 }),
  ends: fc.constantFrom("told", "told", "told", "untold", "open"),
});
const by = fc.uniqueArray(fc.constantFrom(...matchDimensions), { minLength: 1, maxLength: 4 });

/** The least and the most linked rows of a key over every way to link as many rows of the file as Metrika told. */
function possible({ rows }: HiddenFile, isOfKey: (row: HiddenRow) => boolean): readonly [least: number, most: number] {
  const linked = rows.filter(({ fate }) => fate === "linked").length;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let choice = 0; choice < 2 ** rows.length; choice++) {
    const chosen = rows.filter((_, i) => (choice >> i) & 1);
    if (chosen.length !== linked) continue;
    const ofKey = chosen.filter(isOfKey).length;
    least = Math.min(least, ofKey);
    most = Math.max(most, ofKey);
  }
  return [least, most];
}

test(
  "for every set of files, the true number of linked rows lies within the bounds of each key, and no narrower ones would be right",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 5 }), by, async (files, dimensions) => {
        const founding = { uuid: crypto.randomUUID(), workspaceUuid: crypto.randomUUID(), vaultCheck: "", now: START };
        const store = openSqliteStore(":memory:", founding);
        try {
          const world = new World(store);
          const first = await world.addSource();
          const second = await world.addSource({ counterId: 200 });
          const own = [first, await world.addSource({ credentialId: first.credentialId })];
          let visitor = 0;
          for (const { rows, ends } of files) {
            for (const one of rows) {
              const name = String(++visitor);
              const who = one.kind === "client_id" ? { clientId: name } : { clientId: "", userId: name };
              await world.receive([sale(visitor, { ...who, target: one.target })], { source: own[one.source]! });
            }
            const refused = rows.filter(({ fate }) => fate === "not_taken").length;
            const linked = rows.filter(({ fate }) => fate === "linked").length;
            const numbers = { lineQuantity: rows.length - refused, linkedQuantity: ends === "told" ? linked : null };
            await (ends === "open" ? world.deliverTo("sent") : world.deliverTo("completed", numbers));
          }
          // Another counter's file, which must not mix with these.
          await world.receive([sale(0)], { source: second });
          await world.deliverTo("completed");

          const none = { sourceId: null, counterId: 100, target: null, identifier: null };
          const { rows: rates } = await store.matchRates.list({
            filter: { workspaceId: first.workspaceId, ...none, settledFrom: null, settledBefore: null },
            ...{ by: dimensions, now: world.now, after: 0, limit: 1000 },
          });
          const isOf = (rate: MatchRate) => (one: HiddenRow) =>
            (rate.sourceUuid === null || rate.sourceUuid === own[one.source]?.uuid) &&
            (rate.target === null || rate.target === one.target) &&
            (rate.identifier === null || rate.identifier === one.kind);
          const all = files.flatMap(({ rows }) => rows);
          for (const one of all) expect(rates.filter((rate) => isOf(rate)(one))).toHaveLength(1);
          for (const rate of rates) {
            const isOfKey = isOf(rate);
            const count = (ends: HiddenFile["ends"], test: (row: HiddenRow) => boolean) =>
              files.filter((one) => one.ends === ends).flatMap(({ rows }) => rows.filter(test)).length;
            const bounds = files.filter(({ ends }) => ends === "told").map((one) => possible(one, isOfKey));
            expect(rate).toMatchObject({
              rows: count("told", isOfKey),
              linkedMin: bounds.reduce((sum, [least]) => sum + least, 0),
              linkedMax: bounds.reduce((sum, [, most]) => sum + most, 0),
              rowsUnknown: count("untold", isOfKey),
              rowsOpen: count("open", isOfKey),
            });
            const truth = count("told", (one) => isOfKey(one) && one.fate === "linked");
            expect(truth).toBeGreaterThanOrEqual(rate.linkedMin);
            expect(truth).toBeLessThanOrEqual(rate.linkedMax);
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: RUNS },
    );
  },
  20_000 + RUNS * 100,
);
