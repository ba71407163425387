import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import {
  type GatewayProcess,
  hurried,
  serveSimulator,
  startGateway,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { seeded } from "../setup/seeded.ts";
import { createWebhook, post, saleOf, uploadsByState, type Webhook } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 5);
/** Senders of single conversions at once; beside the larger requests, ten of them made 2000 requests a second. */
const SINGLE_SENDERS = Number(process.env.CRASH_SENDERS ?? 10);
const SEED = Number(process.env.CRASH_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);
/** More than the gateway writes in one transaction, so that a kill falls between two of them. */
const LARGE = 4200;

/** One request: the visitors in it, and whether a 2xx came back. */
interface Sent {
  readonly ids: readonly string[];
  acknowledged: boolean;
}

/** Senders that post until the gateway dies under them; resolves when the last has noticed. */
async function postUntilDeath(
  gateway: GatewayProcess,
  webhook: Webhook,
  name: string,
  random: () => number,
): Promise<readonly Sent[]> {
  const all: Sent[] = [];
  let large: readonly string[] = [];
  async function keepPosting(sender: string, nextIds: (round: number) => readonly string[]): Promise<void> {
    for (let i = 0; ; i++) {
      const sent: Sent = { ids: nextIds(i), acknowledged: false };
      all.push(sent);
      try {
        const answer = await post(gateway, webhook, sent.ids.map(saleOf));
        // A head without its body is no answer to a sender whose connection broke.
        await answer.text();
        if (answer.status !== 202) throw new Error(`${sender} got ${answer.status}`);
        sent.acknowledged = true;
      } catch (error) {
        if (error instanceof Error && error.message.startsWith(sender)) throw error;
        return;
      }
    }
  }
  const ids = (sender: string, i: number, count: number) =>
    Array.from({ length: count }, (_, n) => `${name}-${sender}-${i}-${n}`);
  await Promise.all([
    ...Array.from({ length: SINGLE_SENDERS }, (_, n) => keepPosting(`a${n}`, (i) => ids(`a${n}`, i, 1))),
    ...["d", "e"].map((sender) => keepPosting(sender, (i) => ids(sender, i, 1 + Math.floor(random() * 60)))),
    keepPosting("f", (i) => {
      // Small ones in between: nothing but large requests would leave the others no turn.
      if (i % 15 > 0) return ids("f", i, 1);
      large = ids("f", i, LARGE);
      return large;
    }),
    // Repeats what the large request holds, while it is being written.
    keepPosting("g", (i) => [large[Math.floor(random() * large.length)] ?? `${name}-g-${i}`]),
  ]);
  return all;
}

/** The visitors of the stored conversions, as the specified view shows them. */
function storedVisitors(folder: TemporaryFolder): ReadonlySet<string> {
  const database = new Database(`${folder.path}/data/gateway.db`, { readonly: true });
  try {
    const rows = database.query<{ user_id: string }, []>("select user_id from webhook_conversions").all();
    return new Set(rows.map((row) => row.user_id));
  } finally {
    database.close();
  }
}

function openBatches(folder: TemporaryFolder): number {
  const database = new Database(`${folder.path}/data/gateway.db`, { readonly: true });
  try {
    const open = "select count(*) as n from webhook_batches where status <> 'completed'";
    return database.query<{ n: number }, []>(open).get()?.n ?? 0;
  } finally {
    database.close();
  }
}

/** Requests of which some rows are there and others not, leaving out rows that another request told as well. */
function halfWritten(requests: readonly Sent[], stored: ReadonlySet<string>): readonly Sent[] {
  const told = new Map<string, number>();
  for (const { ids } of requests) for (const id of ids) told.set(id, (told.get(id) ?? 0) + 1);
  return requests.filter(({ ids }) => {
    const own = ids.filter((id) => told.get(id) === 1);
    const there = own.filter((id) => stored.has(id)).length;
    return there > 0 && there < own.length;
  });
}

/** How often each visitor's sale is counted. */
function counted({ ledger }: MetrikaSimulator): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { identifier } of ledger.each()) counts.set(identifier, (counts.get(identifier) ?? 0) + 1);
  return counts;
}

const settled = (gateway: GatewayProcess, folder: TemporaryFolder) =>
  until(
    "every upload is settled",
    async () => {
      const { completed = 0, ...others } = await uploadsByState(gateway);
      return completed > 0 && Object.keys(others).length === 0 && openBatches(folder) === 0 ? true : null;
    },
    30_000 + ROUNDS * 3000,
  );

test.concurrent(
  "whatever was acknowledged survives kill -9 and is counted once, and nothing half-written is seen",
  async () => {
    const random = seeded(SEED);
    await using folder = await temporaryFolder();
    await using metrika = await serveSimulator();
    const { simulator } = metrika;
    const env = hurried(metrika.url);
    const requests: Sent[] = [];
    let postingMs = 0;
    let webhook: Webhook | null = null;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        simulator.faults.clear();
        simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "slow", ms: 200 } });
        simulator.faults.add({ fault: { kind: "store_then_hang" } });
        await using gateway = await startGateway(folder, env);
        webhook ??= await createWebhook(gateway);
        const started = performance.now();
        const posting = postUntilDeath(gateway, webhook, `r${round}`, random);
        await Bun.sleep(100 + random() * 700);
        postingMs += performance.now() - started;
        await gateway.kill();
        requests.push(...(await posting));
      }
      simulator.faults.clear();

      await using gateway = await startGateway(folder, env);
      const stored = storedVisitors(folder);
      const acknowledged = requests.filter((sent) => sent.acknowledged).flatMap((sent) => sent.ids);
      expect(acknowledged.length).toBeGreaterThan(100);
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
      expect(halfWritten(requests, stored)).toEqual([]);

      await settled(gateway, folder);
      const counts = counted(simulator);
      expect([...stored].filter((id) => counts.get(id) !== 1)).toEqual([]);
      expect(counts.size).toBe(stored.size);
      expect(simulator.ledger.rows).toBe(simulator.ledger.total);
      if (process.env.CRASH_ROUNDS !== undefined) {
        const answered = requests.filter((sent) => sent.acknowledged).length;
        const perSecond = Math.round((answered / postingMs) * 1000);
        console.log(`${ROUNDS} kills, ${answered} requests (${perSecond}/s), ${acknowledged.length} conversions`);
      }
    } catch (cause) {
      throw new Error(`Repeat with CRASH_SEED=${SEED} CRASH_ROUNDS=${ROUNDS}`, { cause });
    }
  },
  40_000 + ROUNDS * 8000,
);

test.concurrent("an upload whose answer died with the process is found by its comment and not sent again", async () => {
  await using folder = await temporaryFolder();
  await using metrika = await serveSimulator();
  const { simulator } = metrika;
  simulator.faults.add({ fault: { kind: "store_then_hang" } });
  await using before = await startGateway(folder, hurried(metrika.url));
  await post(before, await createWebhook(before), ["v1", "v2", "v3"].map(saleOf));
  await until("Metrika has the file", () => simulator.ledger.files.length === 1 || null);

  await before.kill();
  await using after = await startGateway(folder, hurried(metrika.url));
  await settled(after, folder);

  expect(simulator.ledger.files).toHaveLength(1);
  expect(simulator.ledger.rows).toBe(3);
  expect(simulator.requests.byOperation.upload).toBe(1);
});

test.concurrent("an upload that died before Metrika had it is sent again after it was looked for", async () => {
  await using folder = await temporaryFolder();
  await using metrika = await serveSimulator();
  const { simulator } = metrika;
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "slow", ms: 60_000 } });
  await using before = await startGateway(folder, hurried(metrika.url));
  await post(before, await createWebhook(before), ["v1", "v2", "v3"].map(saleOf));
  await until("the file is under way", () => simulator.requests.byOperation.upload === 1 || null);

  await before.kill();
  await using after = await startGateway(folder, hurried(metrika.url));
  await settled(after, folder);

  expect(simulator.requests.byOperation).toMatchObject({ upload: 2, list: 3 });
  expect(simulator.ledger.rows).toBe(3);
  expect(counted(simulator)).toEqual(
    new Map([
      ["v1", 1],
      ["v2", 1],
      ["v3", 1],
    ]),
  );
});
