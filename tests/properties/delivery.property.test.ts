import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import postgres from "postgres";
import { deadLetterReasons } from "../../core/store/port/dead-letters.ts";
import { openPostgresStore } from "../../core/store/postgres/store.ts";
import { openSqliteStore } from "../../core/store/sqlite/store.ts";
import type { Store } from "../../core/store/store.ts";
import { SOLD_AT, START } from "../contract/store/world.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { RUNS_ON_POSTGRES } from "../setup/property-runs.ts";
import { empty } from "../setup/test-database.ts";
import { DeliveryWorld, type Step, type Told } from "./delivery-world.ts";
import { sendOutcomes } from "./scripted-metrika.ts";

/** Histories tried; PROPERTY_RUNS=10000 is the long form. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 150);
const GATEWAYS = 3;

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

const founding = () => ({
  uuid: crypto.randomUUID(),
  workspaceUuid: crypto.randomUUID(),
  vaultCheck: "",
  now: START,
});

/** Takes the steps one after the other, with the question after each whether all is still true, and then once more at the end. */
async function live(stores: readonly Store[], steps: readonly Step[], policy: "resend" | "hold"): Promise<void> {
  const world = await DeliveryWorld.open(stores, folder, policy);
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
}

const history = (one: fc.Arbitrary<Step>) => fc.array(one, { minLength: 4, maxLength: 30 });
const policy = fc.constantFrom("resend" as const, "hold");

test(
  "for every history of receipts, corrections, faults, deaths and decisions, each conversion is counted once at the price told last",
  async () => {
    await fc.assert(
      fc.asyncProperty(history(step), policy, async (steps, uncertainPolicy) => {
        const store = openSqliteStore(":memory:", founding());
        try {
          await live([store], steps, uncertainPolicy);
        } finally {
          await store.close();
        }
      }),
      { numRuns: RUNS },
    );
  },
  20_000 + RUNS * 400,
);

describePostgres("Of three gateways on one PostgreSQL of which now one and now another acts", (server) => {
  const turn = fc.record({ do: fc.constant("turn" as const), to: fc.nat(GATEWAYS - 1) });

  test(
    "the same is true, whatever each remembers of what it did before",
    async () => {
      const url = await server().createDatabase();
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      await fc.assert(
        fc.asyncProperty(
          history(fc.oneof({ weight: 24, arbitrary: step }, { weight: 12, arbitrary: turn })),
          policy,
          async (steps, uncertainPolicy) => {
            const founded = founding();
            const open = () => openPostgresStore(url, founded, { connections: 2 });
            const stores = [await open(), await open(), await open()];
            try {
              await live(stores, steps, uncertainPolicy);
            } finally {
              for (const store of stores) await store.close();
              await empty(sql);
            }
          },
        ),
        { numRuns: RUNS_ON_POSTGRES, endOnFailure: true, verbose: 0 },
      );
      await sql.end();
    },
    60_000 + RUNS_ON_POSTGRES * 20_000,
  );
});
