import { expect, setDefaultTimeout, test } from "bun:test";
import { type Cluster, type Member, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { until } from "../setup/process.ts";
import { createWebhook, post, saleOf, type Webhook } from "../setup/senders.ts";

setDefaultTimeout(60_000);

/** How long what was changed on one machine may stay unseen on another; a second for a machine that has other work. */
const SEEN_WITHIN_MS = 5000 + 1000;
/** Where the database tells of it, it is seen at once. */
const TOLD_WITHIN_MS = 1500;

/** A management request with the operator's token of that gateway. */
async function manage(member: Member, method: string, path: string, body?: object): Promise<Record<string, string>> {
  const answer = await fetch(`${member.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${member.operatorToken}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json().catch(() => ({}))) as Record<string, string>;
}

let sales = 0;
const statusOf = async (member: Member, webhook: Webhook) => {
  const answer = await post(member, webhook, [saleOf(`source-${sales++}`)]);
  await answer.text();
  return answer.status;
};

/** Asks until the status is seen; how long that took, in milliseconds. */
async function seenAfter(ask: () => Promise<number>, status: number): Promise<number> {
  const started = performance.now();
  await until(`the answer is ${status}`, async () => (await ask()) === status || null, 2 * SEEN_WITHIN_MS);
  return performance.now() - started;
}

async function startPair(cluster: Cluster, isTold: boolean): Promise<[Member, Member]> {
  // As behind a pooler that hands out a connection for each transaction: there is no session that could listen.
  const databaseUrl = isTold ? cluster.databaseUrl : `${cluster.databaseUrl}?prepare=false`;
  return Promise.all([cluster.start({ role: "intake" }), cluster.start({ role: "intake", databaseUrl })]);
}

describePostgres("What is changed through one gateway", (postgres) => {
  for (const [how, isTold, within] of [
    ["at once where the database tells of it", true, TOLD_WITHIN_MS],
    ["within five seconds where nobody tells of it", false, SEEN_WITHIN_MS],
  ] as const) {
    test.concurrent(`is in force on another ${how}: a webhook switched off, one switched on, a new secret, a revoked key`, async () => {
      await using cluster = await startCluster(postgres());
      const [here, there] = await startPair(cluster, isTold);
      const [left, taken, rotated] = [await createWebhook(here), await createWebhook(here), await createWebhook(here)];
      const pathOf = ({ id }: Webhook) => `/v1/webhooks/${id}`;
      const { api_key_id: keyId, key } = await manage(here, "POST", "/v1/api-keys", { name: "program" });
      const askWithKey = async () => {
        const answer = await fetch(`${there.url}${pathOf(left)}`, { headers: { authorization: `Bearer ${key}` } });
        await answer.text();
        return answer.status;
      };
      await manage(here, "PATCH", pathOf(taken), { is_active: false });
      const before = [left, taken, rotated].map((webhook) => statusOf(there, webhook));
      expect(await Promise.all([...before, askWithKey()])).toEqual([202, 403, 202, 200]);

      await manage(here, "PATCH", pathOf(left), { is_active: false });
      await manage(here, "PATCH", pathOf(taken), { is_active: true });
      const { secret = "" } = await manage(here, "POST", `${pathOf(rotated)}/rotate-secret`);
      const renewed = { ...rotated, secret };
      await manage(here, "DELETE", `/v1/api-keys/${keyId}`);
      const onIt = [statusOf(here, left), statusOf(here, taken), statusOf(here, renewed)];
      expect(await Promise.all(onIt)).toEqual([403, 202, 202]);
      const seen = await Promise.all([
        seenAfter(() => statusOf(there, left), 403),
        seenAfter(() => statusOf(there, taken), 202),
        seenAfter(() => statusOf(there, renewed), 202),
        seenAfter(askWithKey, 401),
      ]);
      expect(seen.filter((ms) => ms > within)).toEqual([]);
      expect(await statusOf(there, rotated)).toBe(202);
    });
  }
});
