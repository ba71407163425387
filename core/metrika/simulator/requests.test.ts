import { expect, test } from "bun:test";
import { createRig } from "./rig.ts";
import { documentedQuotas } from "./settings.ts";

test("requests are counted by group and operation, quotas or not", async () => {
  const { simulator, client, call } = createRig();
  await client.goals.list(call);
  await client.goals.create({ ...call, goal: { name: "n", identifier: "i" } });
  await client.login.get(call);
  expect(simulator.requests).toEqual({
    byGroup: { client_read: 1, client_write: 1, report_read: 0, login: 1, oauth: 0 },
    byOperation: { goals: 1, create_goal: 1, login: 1 },
    refused: {},
    mostParallel: { owner: 1 },
    mostPerSecond: 1,
    byDay: { "owner client_read 2026-11-23": 1, "owner client_write 2026-11-23": 1 },
  });
});

test("the quota per second is freed after a second, and groups are counted apart", async () => {
  const { simulator, client, call } = createRig({ quotas: { ...documentedQuotas, requestsPerSecond: 2 } });
  await client.goals.list(call);
  await client.goals.list(call);
  await expect(client.goals.list(call)).rejects.toMatchObject({
    kind: "throttled",
    status: 429,
    errorType: "quota_requests_by_ip",
  });
  await client.goals.create({ ...call, goal: { name: "n", identifier: "i" } });
  simulator.advance(1000);
  await client.goals.list(call);
  expect(simulator.requests.refused).toEqual({ quota_requests_by_ip: 1 });
});

test("a login has three places at once", async () => {
  const { simulator, client, clock, call } = createRig({ quotas: documentedQuotas });
  simulator.faults.add({ match: { operation: "goals" }, times: 3, fault: { kind: "slow", ms: 1000 } });
  const first = [1, 2, 3].map(() => client.goals.list(call));
  await new Promise(setImmediate);
  await expect(client.goals.list(call)).rejects.toMatchObject({ errorType: "quota_parallel_requests" });
  clock.advance(1000);
  await Promise.all(first);
  await client.goals.list(call);
  expect(simulator.requests.mostParallel).toEqual({ owner: 3 });
});

test("the daily quota is freed at midnight GMT, and the wait is told only on demand", async () => {
  const { simulator, client, call } = createRig({ quotas: { ...documentedQuotas, requestsPerDay: 1 } });
  await client.goals.list(call);
  const quota = { name: "quota_requests_by_uid", freed: "midnight_gmt" };
  await expect(client.goals.list(call)).rejects.toMatchObject({ status: 429, quota });
  simulator.settings.throttleStatus = 420;
  simulator.settings.retryAfter = "seconds";
  await expect(client.goals.list(call)).rejects.toMatchObject({ status: 420, quota, retryAfterSeconds: 12 * 3600 });
  simulator.settings.retryAfter = "http_date";
  await expect(client.goals.list(call)).rejects.toMatchObject({ retryAfterSeconds: 12 * 3600 });
  simulator.advance(12 * 3600 * 1000);
  await client.goals.list(call);
});
