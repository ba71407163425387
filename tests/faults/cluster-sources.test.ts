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
    test(`is in force on another ${how}: a webhook switched off and on, its new secret, a revoked key`, async () => {
      await using cluster = await startCluster(postgres());
      const [here, there] = await startPair(cluster, isTold);
      const webhook = await createWebhook(here);
      const path = `/v1/webhooks/${webhook.id}`;
      expect([await statusOf(here, webhook), await statusOf(there, webhook)]).toEqual([202, 202]);

      await manage(here, "PATCH", path, { is_active: false });
      expect(await statusOf(here, webhook)).toBe(403);
      const off = await seenAfter(() => statusOf(there, webhook), 403);
      await manage(here, "PATCH", path, { is_active: true });
      const on = await seenAfter(() => statusOf(there, webhook), 202);

      const { secret = "" } = await manage(here, "POST", `${path}/rotate-secret`);
      const renewed = { ...webhook, secret };
      expect(await statusOf(here, renewed)).toBe(202);
      const rotated = await seenAfter(() => statusOf(there, renewed), 202);
      expect(await statusOf(there, webhook)).toBe(202);

      const { id = "", key = "" } = await manage(here, "POST", "/v1/api-keys", { name: "program" });
      const withKey = async () => {
        const answer = await fetch(`${there.url}/v1/webhooks/${webhook.id}`, {
          headers: { authorization: `Bearer ${key}` },
        });
        await answer.text();
        return answer.status;
      };
      expect(await withKey()).toBe(200);
      await manage(here, "DELETE", `/v1/api-keys/${id}`);
      const revoked = await seenAfter(withKey, 401);
      expect([off, on, rotated, revoked].filter((ms) => ms > within)).toEqual([]);
    });
  }
});
