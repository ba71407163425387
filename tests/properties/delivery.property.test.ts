import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { deadLetterReasons } from "../../core/store/port/dead-letters.ts";
import { openSqliteStore } from "../../core/store/sqlite/store.ts";
import { SOLD_AT, START } from "../contract/store/world.ts";
import { DeliveryWorld, type Step, type Told } from "./delivery-world.ts";
import { sendOutcomes } from "./scripted-metrika.ts";

/** Histories tried; PROPERTY_RUNS=10000 is the long form. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 150);

const folder = mkdtempSync(`${tmpdir()}/gateway-properties-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = fc.array(
  fc.record<Told>({
    visitor: fc.integer({ min: 1, max: 3 }),
    price: fc.integer({ min: 1, max: 3 }),
    currency: fc.constantFrom("RUB", "RUB", "RUB", "USD"),
  }),
  { minLength: 1, maxLength: 4 },
);

const deliver = fc.record<Extract<Step, { do: "deliver" }>>({
  do: fc.constant("deliver"),
  sends: fc.constantFrom("ok", "ok", ...sendOutcomes),
  readsFail: fc.nat(5).map((n) => n === 0),
  seconds: fc.constantFrom(0, 1, 15, 60, 90, 400, 1000, 22 * 86_400),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("receive" as const), told }) },
  { weight: 9, arbitrary: deliver },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("work" as const), linked: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("begin" as const), told }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("die" as const), arrived: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("finish" as const, "discard", "restart", "goal", "decide") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("replay" as const),
      reason: fc.constantFrom(null, ...deadLetterReasons),
      steps: fc.nat(3),
      cancel: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("cancel" as const),
      batch: fc.option(fc.nat(5)),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume") }) },
);

test(
  "for every history of receipts, corrections, faults, deaths and decisions, each conversion is counted once at the price told last",
  async () => {
    const history = fc.array(step, { minLength: 4, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom("resend", "hold"), async (steps, uncertainPolicy) => {
        const founding = { uuid: crypto.randomUUID(), workspaceUuid: crypto.randomUUID(), vaultCheck: "", now: START };
        const store = openSqliteStore(":memory:", founding);
        try {
          const world = await DeliveryWorld.open(store, folder, uncertainPolicy);
          for (const one of steps) {
            await world.take(one);
            await world.check();
          }
          const rows = await world.settle();

          const unfinished = rows.filter(
            ({ upload, setAside }) =>
              upload?.state !== "completed" &&
              upload?.state !== "failed" &&
              setAside !== "goal_not_found" &&
              setAside !== "cancelled",
          );
          expect(unfinished).toEqual([]);
          const latest = rows.filter(({ kind }) => kind === "accepted");
          const prices = latest.map(({ conversion: c }) => [c?.clientId, `${c?.price} ${c?.currency}`] as const);
          expect(prices.length).toBe(new Map(prices).size);
          expect(Object.fromEntries(prices)).toEqual(Object.fromEntries(world.lastTold()));
          for (const { conversion: c, upload } of latest) {
            if (upload?.state !== "completed") continue;
            const counted = world.metrika.counted.get(`${c?.clientId} ${c?.target} ${SOLD_AT}`);
            expect(counted).toBe(`${c?.price} ${c?.currency}`);
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: RUNS },
    );
  },
  20_000 + RUNS * 400,
);
