import { expect, test } from "bun:test";
import { documentedQuotas } from "../settings.ts";
import { createLogRig, type LogRig, WEEK } from "./log-rig.ts";

const DAY_MS = 86_400_000;
const visits = (...names: string[]) => names.map((name) => `ym:s:${name}`);
const hits = (...names: string[]) => names.map((name) => `ym:pv:${name}`);

/** Asks for a small log. */
function ask({ client, call }: LogRig, changes: object = {}) {
  return client.logs.create({ ...call, ...WEEK, source: "visits", fields: visits("visitID"), ...changes });
}

async function asked(rig: LogRig, changes: object = {}) {
  const log = await ask(rig, changes);
  if (log === null) throw new Error("The same log is being prepared already");
  return { ...rig.call, requestId: log.id };
}

function keep() {
  const pieces: Uint8Array[] = [];
  return { write: (bytes: Uint8Array) => void pieces.push(bytes), text: () => Buffer.concat(pieces).toString() };
}

test("a log goes from created to processed by the clock, and the next one waits for it", async () => {
  const rig = createLogRig();
  const first = await asked(rig);
  const second = await asked(rig, { fields: visits("clientID") });
  const status = async (one: typeof first) => (await rig.client.logs.get(one)).status;
  expect(await rig.client.logs.get(first)).toMatchObject({ status: "created", size: null, parts: [] });
  rig.simulator.advance(5 * 60_000);
  expect([await status(first), await status(second)]).toEqual(["processed", "created"]);
  rig.simulator.advance(5 * 60_000);
  expect((await rig.client.logs.list(rig.call)).map((log) => log.status)).toEqual(["processed", "processed"]);
});

test("the very same log is not prepared twice at once", async () => {
  const rig = createLogRig();
  const first = await asked(rig);
  expect(await ask(rig)).toBeNull();
  rig.simulator.advance(5 * 60_000);
  const second = await ask(rig);
  expect(second?.id).not.toBe(first.requestId);
});

test("a cancelled log frees its turn, and only a waiting one can be cancelled", async () => {
  const rig = createLogRig();
  const first = await asked(rig);
  const second = await asked(rig, { fields: visits("clientID") });
  rig.simulator.advance(60_000);
  expect(await rig.client.logs.cancel(first)).toMatchObject({ status: "canceled" });
  rig.simulator.advance(5 * 60_000);
  expect(await rig.client.logs.get(second)).toMatchObject({ status: "processed" });
  await expect(rig.client.logs.cancel(second)).rejects.toMatchObject({ kind: "rejected", status: 400 });
});

test("a cleaned log cannot be downloaded, nor one that is too old or not ready yet", async () => {
  const rig = createLogRig();
  const log = await asked(rig);
  const download = () => rig.client.logs.downloadPart({ ...log, part: 0, fields: visits("visitID"), sink: keep() });
  const refused = { kind: "rejected", status: 400, message: expect.stringContaining("in status 'processed'") };
  await expect(download()).rejects.toMatchObject(refused);
  await expect(rig.client.logs.clean(log)).rejects.toMatchObject({ kind: "rejected" });
  rig.simulator.advance(5 * 60_000);
  expect((await download()).rows).toBeGreaterThan(0);
  const none = rig.client.logs.downloadPart({ ...log, part: 7, fields: visits("visitID"), sink: keep() });
  await expect(none).rejects.toMatchObject({ message: expect.stringContaining("Incorrect part number") });
  expect(await rig.client.logs.clean(log)).toMatchObject({ status: "cleaned_by_user", parts: [] });
  await expect(download()).rejects.toMatchObject(refused);

  const old = await asked(rig);
  rig.simulator.advance(31 * DAY_MS);
  expect(await rig.client.logs.get(old)).toMatchObject({ status: "cleaned_automatically_as_too_old" });
});

test("a large log comes in parts, each with the line of names, and the parts are the whole", async () => {
  const fields = visits("visitID", "watchIDs", "dateTime");
  const whole = await createLogRig().read({ fields });
  const rig = createLogRig({ logPartBytes: 4000 });
  expect(await rig.read({ fields })).toEqual([...whole]);
  const log = await asked(rig, { fields });
  rig.simulator.advance(5 * 60_000);
  const { parts, size } = await rig.client.logs.get(log);
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.map((part) => part.number)).toEqual([...parts.keys()]);
  expect(parts.reduce((sum, part) => sum + (part.size ?? 0), 0)).toBe(size ?? 0);
  for (const part of parts) {
    const sink = keep();
    const content = await rig.client.logs.downloadPart({ ...log, part: part.number, fields, sink });
    expect(content.bytes).toBe(part.size ?? 0);
    expect(sink.text().startsWith(`${fields.join("\t")}\n`)).toBe(true);
  }
});

test("sizes can be estimated instead of weighed, and are near the truth", async () => {
  const rig = createLogRig({ logPartSizes: "estimated" }, { visitors: 5000 });
  const log = await asked(rig, { fields: visits("visitID", "dateTime") });
  rig.simulator.advance(5 * 60_000);
  const { size } = await rig.client.logs.get(log);
  const { bytes } = await rig.client.logs.downloadPart({
    ...log,
    part: 0,
    fields: visits("visitID", "dateTime"),
    sink: keep(),
  });
  expect((size ?? 0) / bytes).toBeGreaterThan(0.7);
  expect((size ?? 0) / bytes).toBeLessThan(1.4);
});

test("a counter without visits gives the line of names, or no part, as the settings say", async () => {
  const rig = createLogRig({}, { visitors: 0 });
  const log = await asked(rig);
  rig.simulator.advance(5 * 60_000);
  const content = await rig.client.logs.downloadPart({ ...log, part: 0, fields: visits("visitID"), sink: keep() });
  expect(content).toEqual({ bytes: "ym:s:visitID\n".length, rows: 0 });
  rig.simulator.settings.emptyLog = "no_parts";
  const other = await asked(rig, { fields: visits("clientID") });
  rig.simulator.advance(5 * 60_000);
  expect(await rig.client.logs.get(other)).toMatchObject({ status: "processed", parts: [], size: 0 });
});

test("the source may stand in answers as a text or as a list", async () => {
  const rig = createLogRig({ logSourceShape: "list" });
  expect(await ask(rig)).toMatchObject({ source: "visits", attribution: "LASTSIGN", counterId: 100 });
});

test("a log that Metrika would refuse is refused with the field named", async () => {
  const rig = createLogRig();
  const refused = (changes: object) => ask(rig, changes).then(String, (error: unknown) => String(error));
  const at = (name: string) => new RegExp(`400.*\\(at ${name}\\)$`);
  expect(await refused({ date2: "2026-11-23" })).toMatch(at("date2"));
  expect(await refused({ date1: "2025-11-01" })).toMatch(at("date1"));
  expect(await refused({ date1: "2026-11-22", date2: "2026-11-16" })).toMatch(at("date1"));
  expect(await refused({ date1: "2026-02-30" })).toMatch(at("date1"));
  expect(await refused({ source: "clicks" })).toMatch(at("source"));
  expect(await refused({ fields: hits("watchID") })).toMatch(at("fields"));
  expect(await refused({ fields: visits("nonsense") })).toMatch(at("fields"));
  expect(await refused({ fields: visits("visitID", "constructor") })).toMatch(at("fields"));
  expect(await refused({ fields: [] })).toMatch(at("fields"));
  expect(await refused({ attribution: "NEAREST" })).toMatch(at("attribution"));
  expect(await refused({ fields: Array(300).fill("ym:s:visitID") })).toMatch(at("fields"));
});

test("the current day is refused by the counter's own calendar", async () => {
  const rig = createLogRig();
  // 22:30 UTC of the 23rd is the 24th in Moscow.
  rig.simulator.advance(10.5 * 3_600_000);
  expect(await ask(rig, { date2: "2026-11-23" })).not.toBeNull();
  await expect(ask(rig, { date2: "2026-11-24" })).rejects.toMatchObject({ kind: "rejected" });
});

test("prepared logs fill the counter's room until they are cleaned", async () => {
  const rig = createLogRig({ logQuotaBytes: 6000 });
  const wanted = { ...rig.call, ...WEEK, source: "visits", fields: visits("visitID") } as const;
  expect(await rig.client.logs.evaluate(wanted)).toMatchObject({ possible: true });
  const log = await asked(rig);
  rig.simulator.advance(5 * 60_000);
  await rig.client.logs.get(log);
  const full = await rig.client.logs.evaluate({ ...wanted, fields: visits("visitID", "clientID", "startURL") });
  expect(full.possible).toBe(false);
  const beyond = ask(rig, { fields: visits("visitID", "clientID", "startURL") });
  await expect(beyond).rejects.toMatchObject({ kind: "rejected", errorType: "limit_exceeded" });
  rig.simulator.settings.logQuotaBytes = 1000;
  expect((await rig.client.logs.evaluate(wanted)).maxDays).toBeLessThan(0);
  rig.simulator.settings.logQuotaBytes = 6000;
  await rig.client.logs.clean(log);
  expect(await rig.client.logs.evaluate(wanted)).toMatchObject({ possible: true });
});

test("logs of another's counter, of none, and without the right to read are forbidden or not found", async () => {
  const rig = createLogRig();
  rig.simulator.addToken("y0_stranger", { login: "stranger" });
  rig.simulator.addToken("y0_uploads", { login: "owner", scopes: ["metrika:offline_data"] });
  await expect(ask(rig, { token: "y0_stranger" })).rejects.toMatchObject({
    kind: "forbidden",
    errorType: "access_denied",
  });
  await expect(ask(rig, { token: "y0_uploads" })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(ask(rig, { counterId: 999 })).rejects.toMatchObject({ kind: "not_found" });
  await expect(rig.client.logs.get({ ...rig.call, requestId: "1" })).rejects.toMatchObject({ kind: "not_found" });
  rig.simulator.addToken("y0_viewer", { login: "viewer", scopes: ["metrika:read"] });
  rig.simulator.addCounter({ id: 300, name: "Seen", ownerLogin: "owner", grants: { viewer: "view" } });
  expect(await ask(rig, { token: "y0_viewer", counterId: 300 })).toMatchObject({ status: "created" });
});

test("a log fails, or is tried again, on demand", async () => {
  const rig = createLogRig();
  rig.simulator.faults.add({ fault: { kind: "log_fails" } });
  const failing = await asked(rig);
  rig.simulator.faults.add({ fault: { kind: "log_retries", ms: 60_000 } });
  const slow = await asked(rig, { fields: visits("clientID") });
  rig.simulator.advance(5 * 60_000);
  expect(await rig.client.logs.get(failing)).toMatchObject({ status: "processing_failed", parts: [] });
  rig.simulator.advance(5 * 60_000);
  expect(await rig.client.logs.get(slow)).toMatchObject({ status: "awaiting_retry" });
  rig.simulator.advance(60_000);
  expect(await rig.client.logs.get(slow)).toMatchObject({ status: "processed" });
});

test("the Logs API has ten requests a second of its own", async () => {
  const rig = createLogRig({ quotas: { ...documentedQuotas, parallelPerLogin: null } });
  for (let i = 0; i < 10; i++) await rig.client.logs.list(rig.call);
  await expect(rig.client.logs.list(rig.call)).rejects.toMatchObject({ errorType: "quota_requests_by_ip" });
  await rig.client.goals.list(rig.call);
  rig.simulator.advance(1000);
  await rig.client.logs.list(rig.call);
});

test("a download takes one of the login's places until its last byte", async () => {
  const rig = createLogRig({ quotas: { ...documentedQuotas, parallelPerLogin: 1 } });
  const log = await asked(rig);
  rig.simulator.advance(5 * 60_000);
  await rig.client.logs.get(log);
  const errors: unknown[] = [];
  const write = async () => {
    await rig.client.goals.list(rig.call).catch((error: unknown) => errors.push(error));
  };
  await rig.client.logs.downloadPart({ ...log, part: 0, fields: visits("visitID"), sink: { write } });
  expect(errors[0]).toMatchObject({ errorType: "quota_parallel_requests" });
  await rig.client.goals.list(rig.call);
});
