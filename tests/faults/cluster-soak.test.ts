import { expect, setDefaultTimeout, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { type Cluster, isSettled, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgresServer } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";
import { createWebhook, post, saleOf } from "../setup/senders.ts";

const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
/** Conversions a second, over both gateways. */
const RATE = Number(process.env.SOAK_RATE ?? 500);
const ROWS = 10;
/** How probable a fault is in each second: of the requests to Metrika about one in twenty goes wrong. */
const FAULT_SHARE = 0.3;
const MINUTE_MS = 60_000;

/** What a gateway holds at a moment. */
interface Held {
  readonly megabytes: number;
  readonly handles: number;
  /** How long the oldest row that is not at Metrika yet has waited, in seconds. */
  readonly age: number;
}

async function heldBy(cluster: Cluster, { pid }: Member): Promise<Held> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [oldest] = await cluster.sql<{ age: number }>(
    `select coalesce(max(extract(epoch from clock_timestamp()) - u.created_at / 1000.0), 0)::float8 as age
     from uploads u where u.state in ('filling', 'planned', 'sending', 'uncertain')`,
  );
  return {
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    handles: (await readdir(`/proc/${pid}/fd`)).length,
    age: oldest?.age ?? 0,
  };
}

const told = ({ megabytes, handles, age }: Held) =>
  `${megabytes.toFixed(0)} MB, ${handles} handles, oldest row ${age.toFixed(1)} s`;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

// For the night only: SOAK_MINUTES=1440 is the day of the case.
if (MINUTES > 0) {
  setDefaultTimeout((MINUTES + 5) * MINUTE_MS);
  describePostgresServer(
    "Two gateways that work for long",
    (postgres) => {
      test("under load and with faults keep neither memory nor handles nor rows", async () => {
        await using cluster = await startCluster(postgres(), { settings: { processingMs: 5000 } });
        const { simulator } = cluster;
        const members = await Promise.all([cluster.start(), cluster.start()]);
        const webhook = await createWebhook(members[0]);
        const kinds = ["store_then_reset", "reset_before_store"] as const;
        const faults = setInterval(() => {
          if (Math.random() > FAULT_SHARE) return;
          const kind = kinds[Math.floor(Math.random() * 3)];
          simulator.faults.add({ fault: kind === undefined ? { kind: "status", status: 503 } : { kind } });
        }, 1000);
        const samples: (readonly [Held, Held])[] = [];
        const sales: object[] = [];
        const ends = performance.now() + MINUTES * MINUTE_MS;
        const open = new Set<Promise<void>>();
        let refused = 0;
        let nextSample = performance.now();
        for (let request = 0; performance.now() < ends; request++) {
          const member = members[request % 2] as Member;
          const some = Array.from({ length: ROWS }, (_, n) => saleOf(`soak-${request}-${n}`));
          const asked = post(member, webhook, some).then(async (answer) => {
            await answer.text();
            if (answer.status === 202) sales.push(...some);
            else refused++;
          });
          open.add(asked);
          asked.finally(() => open.delete(asked));
          if (performance.now() > nextSample) {
            nextSample += Math.max(MINUTE_MS / 6, (MINUTES * MINUTE_MS) / 200);
            const sample = await Promise.all([heldBy(cluster, members[0]), heldBy(cluster, members[1])]);
            samples.push(sample);
            console.log(`${sales.length} sales; ${sample.map(told).join("; ")}`);
          }
          await Bun.sleep((1000 * ROWS) / RATE);
        }
        await Promise.all(open);
        clearInterval(faults);
        simulator.faults.clear();
        expect(refused).toBe(0);
        await until("everything is settled", () => isSettled(cluster, members[0]), 3 * MINUTE_MS);
        expect(differenceOf(simulator, sales)).toEqual(whole);

        // The first quarter warms up; what is held then is held against what is held at the end.
        for (const n of [0, 1] as const) {
          const of = (part: readonly (readonly [Held, Held])[], figure: keyof Held) =>
            median(part.map((both) => both[n][figure]));
          const quarter = Math.floor(samples.length / 4);
          const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
          expect(of(late, "handles")).toBeLessThanOrEqual(of(early, "handles") + 5);
          if (MINUTES >= 60) expect(of(late, "megabytes")).toBeLessThan(of(early, "megabytes") * 1.05);
          expect(of(late, "age")).toBeLessThan(of(early, "age") + 60);
        }
      });
    },
    { fsync: "on" },
  );
}
