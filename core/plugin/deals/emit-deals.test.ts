import { expect, test } from "bun:test";
import * as v from "valibot";
import { ProblemError } from "../problem.ts";
import { recordingSource } from "../testing.ts";
import type { Deal } from "./deal.ts";
import { emitDeals } from "./emit-deals.ts";
import { dealMapping } from "./mapping.ts";

const mapping = v.parse(v.object(dealMapping({ identifiers: { client_id: ["_ym_uid"] } })), {
  targets: [{ stages: ["won"], target: "deal_won" }],
  route: { field: "site", counters: { a: 101, b: 102 }, without_value: "own_counter" },
});

const deal = (id: string, site: string, stage = "won"): Deal => ({
  ...{ account: "shop.example", kind: "deal", id, pipeline: [], stage: [stage], happenedAt: 1_750_000_000 },
  ...{ price: "1", currency: null, contact: { phones: [], emails: [] } },
  fields: [
    { id: null, code: "_YM_UID", name: null, values: ["17"] },
    { id: null, code: "SITE", name: null, values: [site] },
  ],
});

test("conversions go to the sink with their keys, those of each counter together", async () => {
  const source = recordingSource({});
  const deals = [deal("1", "a"), deal("2", ""), deal("3", "a"), deal("4", "b", "open"), deal("5", "12345678")];
  const leftovers = await emitDeals(source, mapping, deals);
  expect(source.emitted.map(({ options }) => [options.counterId, options.keys])).toEqual([
    [101, ["shop.example\ndeal\n1", "shop.example\ndeal\n3"]],
    [undefined, ["shop.example\ndeal\n2", "shop.example\ndeal\n5"]],
  ]);
  expect(leftovers.map(({ subject, code }) => [subject, code])).toEqual([["deal 4", "stage_not_mapped"]]);
});

test("nothing is emitted of nothing", async () => {
  const source = recordingSource({});
  expect(await emitDeals(source, mapping, [])).toEqual([]);
  expect(source.emitted).toEqual([]);
});

test("a counter that the source may not send to sets its deals aside, and the others are sent", async () => {
  const source = recordingSource({});
  const emit: typeof source.emit = (facts, options) =>
    options?.counterId === 101
      ? // As the sink's catalogue has it, whose codes are a type of their own.
        Promise.reject(Object.assign(new ProblemError("webhook_disabled"), { code: "counter_not_allowed" }))
      : source.emit(facts, options);
  const leftovers = await emitDeals({ ...source, emit }, mapping, [deal("1", "a"), deal("2", "b")]);
  expect(source.emitted.map(({ options }) => options.counterId)).toEqual([102]);
  expect(leftovers).toMatchObject([{ subject: "deal 1", code: "counter_not_allowed", needs: "person" }]);
});

test("a sink that cannot take anything now is told to the platform", async () => {
  const full = new ProblemError("overloaded", { seconds: 1 });
  const source = { ...recordingSource({}), emit: () => Promise.reject(full) };
  await expect(emitDeals(source, mapping, [deal("1", "a")])).rejects.toBe(full);
});
