import { afterAll, beforeAll, expect, test } from "bun:test";
import { createMetrikaClient, type MetrikaClient } from "../../client.ts";
import type { Clock } from "../../clock.ts";
import type { MetrikaError } from "../../errors.ts";
import type { LogRequest } from "../../logs.ts";
import { brokenParts } from "../faults.ts";
import type { ServedSimulator } from "../serve.ts";
import { documentedQuotas } from "../settings.ts";
import { createLogRig, WEEK } from "./log-rig.ts";

const FIELDS = ["ym:s:visitID", "ym:s:startURL", "ym:s:lastUTMTerm"];
const rig = createLogRig({ logPartBytes: 6000 });
const { simulator, call } = rig;
let served: ServedSimulator;
let ready: LogRequest;
let overHttp: MetrikaClient;

beforeAll(async () => {
  served = await simulator.serve();
  overHttp = createMetrikaClient({ apiUrl: served.url, loginUrl: served.url, fetch });
  const log = await rig.client.logs.create({ ...call, ...WEEK, source: "visits", fields: FIELDS });
  if (log === null) throw new Error("There was no log before");
  simulator.advance(5 * 60_000);
  ready = await rig.client.logs.get({ ...call, requestId: log.id });
});
afterAll(() => served.stop());

/** Downloads the first part; `text` is what had arrived when it ended. */
async function first(client: MetrikaClient, size?: number): Promise<{ text: string; error: MetrikaError | null }> {
  const pieces: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => void pieces.push(bytes) };
  const error = await client.logs
    .downloadPart({ ...call, requestId: ready.id, part: 0, fields: FIELDS, size, sink })
    .then(() => null)
    .catch((failure: MetrikaError) => failure);
  return { text: Buffer.concat(pieces).toString(), error };
}

const clients = [
  ["in process", () => rig.client],
  ["over HTTP", () => overHttp],
] as const;

for (const [name, client] of clients) {
  test(`each way in which a part can break is found out ${name}`, async () => {
    const met: Record<string, string | undefined> = {};
    for (const how of brokenParts) {
      simulator.faults.add({ fault: { kind: "broken_part", how } });
      const { error } = await first(client(), ready.parts[0]?.size ?? undefined);
      met[how] = error?.code;
    }
    expect(met).toEqual({
      reset: "metrika_unreachable",
      cut: "metrika_log_part_broken",
      cut_between_rows: "metrika_log_part_broken",
      no_last_newline: "metrika_log_part_broken",
      wrong_columns: "metrika_log_part_broken",
      no_header: "metrika_log_part_broken",
    });
    expect((await first(client(), ready.parts[0]?.size ?? undefined)).error).toBeNull();
  });

  test(`a compressed part is the same part ${name}`, async () => {
    const plain = await first(client());
    simulator.settings.logCompression = "gzip";
    expect(await first(client())).toEqual(plain);
    simulator.faults.add({ fault: { kind: "broken_part", how: "reset" } });
    expect((await first(client())).error).not.toBeNull();
    simulator.settings.logCompression = "none";
  });

  test(`whoever stops in the middle of a part leaves no request open ${name}`, async () => {
    const caller = new AbortController();
    const write = () => caller.abort(new Error("stopping"));
    const part = { requestId: ready.id, part: 0, fields: FIELDS, sink: { write }, signal: caller.signal };
    await expect(client().logs.downloadPart({ ...call, ...part })).rejects.toMatchObject({ kind: "aborted" });
    const failing = { write: () => Promise.reject(new Error("the disk is full")) };
    const full = client().logs.downloadPart({ ...call, ...part, sink: failing, signal: new AbortController().signal });
    await expect(full).rejects.toMatchObject({ kind: "aborted", cause: { message: "the disk is full" } });
    expect(simulator.openRequests).toBe(0);
    expect((await first(client())).error).toBeNull();
  });
}

/** A clock on which no silence is too long and every other wait is over at once; it tells how long they were. */
function impatientClock(): Clock & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => simulator.now(),
    after(ms, wake) {
      if (ms === 30_000) return () => {};
      waits.push(ms);
      setImmediate(wake);
      return () => {};
    },
  };
}

test("a client that goes in the middle of a download over HTTP frees the login's place", async () => {
  const big = createLogRig({ quotas: { ...documentedQuotas, parallelPerLogin: 1 } }, { visitors: 20_000 });
  const { url, stop } = await big.simulator.serve();
  const client = createMetrikaClient({ apiUrl: url, loginUrl: url, fetch });
  // More than the sockets' buffers take, so that the simulator is still writing when the client goes.
  const fields = ["ym:s:startURL", "ym:s:endURL", "ym:s:referer", "ym:s:watchIDs"];
  const log = await client.logs.create({ ...call, ...WEEK, date1: "2026-11-01", source: "visits", fields });
  big.simulator.advance(5 * 60_000);
  const caller = new AbortController();
  const write = () => caller.abort(new Error("stopping"));
  const one = { requestId: log?.id ?? "", part: 0, fields, sink: { write }, signal: caller.signal };
  await expect(client.logs.downloadPart({ ...call, ...one })).rejects.toMatchObject({ kind: "aborted" });
  const isRefused = () =>
    client.goals.list(call).then(
      () => false,
      () => true,
    );
  while (await isRefused()) await new Promise(setImmediate);
  expect(big.simulator.requests.mostParallel).toEqual({ owner: 1 });
  await stop();
});

test("a part that broke is downloaded again from its beginning, the others once", async () => {
  const clock = impatientClock();
  const client = createMetrikaClient({ apiUrl: served.url, loginUrl: served.url, fetch: simulator.fetch, clock });
  const texts = new Map<number, string>();
  const begun: number[] = [];
  const whole: number[] = [];
  const sinkOf = (part: number) => ({
    begin() {
      begun.push(part);
      texts.set(part, "");
    },
    write: (bytes: Uint8Array) => void texts.set(part, (texts.get(part) ?? "") + Buffer.from(bytes).toString("latin1")),
  });
  const match = { path: /part\/1\// };
  for (const how of ["cut", "reset"] as const) simulator.faults.add({ match, fault: { kind: "broken_part", how } });
  simulator.faults.add({ match: { path: /part\/2\// }, fault: { kind: "status", status: 429, retryAfter: 7 } });
  const onPart = (part: number) => void whole.push(part);
  const content = await client.logs.download({ token: call.token, log: ready, sinkOf, onPart });
  const numbers = ready.parts.map((part) => part.number);
  expect(numbers.length).toBeGreaterThan(2);
  expect(whole).toEqual(numbers);
  expect(clock.waits).toEqual([2000, 4000, 7000]);
  expect(begun).toEqual([0, 1, 1, 1, ...numbers.slice(2)]);
  expect([...texts.values()].reduce((sum, text) => sum + text.length, 0)).toBe(content.bytes);
  expect(content.bytes).toBe(ready.size ?? 0);

  begun.length = 0;
  await client.logs.download({ token: call.token, log: ready, sinkOf, done: new Set(numbers.slice(1)) });
  expect(begun).toEqual([0]);
});

test("a part that is broken each time is given up, and a refusal is not tried again", async () => {
  const clock = impatientClock();
  const client = createMetrikaClient({ apiUrl: served.url, loginUrl: served.url, fetch: simulator.fetch, clock });
  const sinkOf = () => ({ write() {} });
  simulator.faults.add({ times: "always", fault: { kind: "broken_part", how: "cut" } });
  const broken = client.logs.download({ token: call.token, log: ready, sinkOf, attempts: 3 });
  await expect(broken).rejects.toMatchObject({ code: "metrika_log_part_broken" });
  expect(clock.waits).toEqual([2000, 4000]);
  simulator.faults.clear();
  const refused = client.logs.download({ token: "y0_unknown", log: ready, sinkOf });
  await expect(refused).rejects.toMatchObject({ kind: "unauthorized" });
  expect(clock.waits).toHaveLength(2);
});
