import { expect, setDefaultTimeout, test } from "bun:test";
import { type Cluster, isSettled, linesOf, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgres, describePostgresServer } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { linkTo } from "../setup/network-link.ts";
import { keepPosting, type Posted, type Posting } from "../setup/posting.ts";
import { until } from "../setup/process.ts";
import { createWebhook } from "../setup/senders.ts";

setDefaultTimeout(120_000);

/** How long the database is away. */
const AWAY_MS = Number(process.env.OUTAGE_SECONDS ?? 4) * 1000;
/** Wanted are five seconds; the rest is for a machine that has other work. */
const RECOVERY_MS = 10_000;
/** A sender is not kept waiting: within this time it is told to come again. */
const PATIENCE_MS = 8000;
const SETTLE_MS = 40_000;

async function startThree(cluster: Cluster): Promise<[Member, Member, Member]> {
  return Promise.all([cluster.start(), cluster.start(), cluster.start()]);
}

/** Waits until a hundred more sales are taken. */
async function takeSales({ seen }: Posting): Promise<void> {
  const before = seen.acknowledged.length;
  await until("they take sales", () => seen.acknowledged.length > before + 100 || null);
}

/** Whatever was refused was refused so that its sender comes again. */
function expectComeAgain({ refused }: Posted): void {
  const kinds = new Set(refused.map(({ status, code, retryAfter }) => `${status} ${code} ${retryAfter}`));
  expect([...kinds]).toEqual(["503 storage_unavailable 2"]);
  expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(PATIENCE_MS);
}

/** How long after a moment each gateway took its next sale; in milliseconds. */
async function recoveryOf(
  members: readonly Member[],
  { acknowledgedAt }: Posted,
  since: number,
): Promise<readonly number[]> {
  const next = ({ url }: Member) => acknowledgedAt.get(url)?.find((at) => at > since) ?? null;
  await until("each takes sales again", () => members.every((member) => next(member) !== null) || null, RECOVERY_MS);
  return members.map((member) => Math.round((next(member) ?? 0) - since));
}

/** Causes that were told more than once a second by warnings and errors, ids and addresses left out. */
async function toldTooOften(members: readonly Member[]): Promise<readonly string[]> {
  const tooOften: string[] = [];
  for (const member of members) {
    const serious = (await linesOf(member)).filter(({ level }) => /warn|error|fatal/i.test(level));
    const causes = Map.groupBy(
      serious,
      ({ category, message }) => `${category} ${message.replaceAll(/[\d:a-f-]{4,}/g, "#")}`,
    );
    for (const [cause, lines] of causes) {
      const times = lines.map(({ time }) => Date.parse(time));
      const seconds = Math.max(...times) / 1000 - Math.min(...times) / 1000;
      if (lines.length > seconds + 2) tooOften.push(`${lines.length} lines in ${seconds.toFixed(1)} s: ${cause}`);
    }
  }
  return tooOften;
}

async function expectWhole(cluster: Cluster, member: Member, { acknowledged, perhaps }: Posted): Promise<void> {
  await until("everything is settled", () => isSettled(cluster, member), SETTLE_MS);
  expect(differenceOf(cluster.simulator, acknowledged, perhaps)).toEqual(whole);
  expect(cluster.simulator.ledger.rows).toBe(cluster.simulator.ledger.total);
}

const report = (what: string, recoveries: readonly number[]) => {
  if (process.env.OUTAGE_SECONDS !== undefined) console.log(`${what}: taken again after ${recoveries.join(", ")} ms`);
};

describePostgresServer(
  "When the database of three gateways",
  (postgres) => {
    test("is restarted, stands still and is gone for a while under load, senders are told to come again, nothing acknowledged is lost, and all recover by themselves", async () => {
      await using cluster = await startCluster(postgres());
      const members = await startThree(cluster);
      const posting = keepPosting(() => members, await createWebhook(members[0]), "away");
      for (const [what, leave, comeBack] of [
        ["is restarted", null, () => postgres().restart()],
        ["stands still", () => postgres().pause(), () => postgres().resume()],
        ["is gone", () => postgres().kill(), () => postgres().restart()],
      ] as const) {
        await takeSales(posting);
        if (leave !== null) {
          await leave();
          const before = posting.seen.acknowledged.length;
          await Bun.sleep(AWAY_MS);
          // Those that were answered as it went.
          expect(posting.seen.acknowledged.length - before).toBeLessThanOrEqual(20);
        }
        await comeBack();
        const recoveries = await recoveryOf(members, posting.seen, performance.now());
        report(`The database ${what}`, recoveries);
        expect(Math.max(...recoveries)).toBeLessThan(RECOVERY_MS);
      }
      await takeSales(posting);
      const posted = await posting.stop();

      expectComeAgain(posted);
      await expectWhole(cluster, members[0], posted);
      expect(await toldTooOften(members)).toEqual([]);
    });
  },
  { fsync: "on" },
);

describePostgres("When one of two gateways loses its way to the database", (postgres) => {
  for (const [what, isTold] of [
    ["without a word", false],
    ["by broken connections", true],
  ] as const) {
    test.concurrent(`${what}, it tells senders to come again, the other goes on, and it recovers by itself`, async () => {
      await using cluster = await startCluster(postgres());
      await using link = await linkTo(cluster.databaseUrl);
      const [near, far] = await Promise.all([
        cluster.start(),
        cluster.start({ databaseUrl: link.through(cluster.databaseUrl) }),
      ]);
      const webhook = await createWebhook(near);
      const [toNear, toFar] = [keepPosting(() => [near], webhook, "near"), keepPosting(() => [far], webhook, "far")];
      await until(
        "both take sales",
        () => Math.min(toNear.seen.acknowledged.length, toFar.seen.acknowledged.length) > 50 || null,
      );

      link.cut();
      if (isTold) link.drop();
      await Bun.sleep(100);
      const [nearBefore, farBefore] = [toNear.seen.acknowledged.length, toFar.seen.acknowledged.length];
      await Bun.sleep(AWAY_MS);
      expect(toFar.seen.acknowledged.length).toBe(farBefore);
      expect(toNear.seen.acknowledged.length).toBeGreaterThan(nearBefore + 50);
      link.restore();
      const recoveries = await recoveryOf([far], toFar.seen, performance.now());
      report(`The way is lost ${what}`, recoveries);
      await Bun.sleep(500);
      const [nearPosted, farPosted] = [await toNear.stop(), await toFar.stop()];

      expect(nearPosted.refused).toEqual([]);
      expectComeAgain(farPosted);
      await expectWhole(cluster, near, {
        ...nearPosted,
        acknowledged: [...nearPosted.acknowledged, ...farPosted.acknowledged],
        perhaps: [...nearPosted.perhaps, ...farPosted.perhaps],
      });
      expect(await toldTooOften([near, far])).toEqual([]);
    });
  }
});
