import { expect, test } from "bun:test";
import { instantOf, LOGS_UTC_ZONE } from "../../zones.ts";
import { START_SECONDS } from "../rig.ts";
import { documentedQuotas } from "../settings.ts";
import { createLogRig, elementsOf, type LogRig, unescaped, WEEK } from "./log-rig.ts";

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

test("a log holds exactly the visits that began in its days, each with its own exact id", async () => {
  const rig = createLogRig();
  const rows = await rig.read({ fields: visits("visitID", "date", "dateTime", "clientID") });
  const begins = instantOf("2026-11-16 00:00:00", "Europe/Moscow");
  const inWeek = { from: begins / 1000, to: (begins + 7 * DAY_MS) / 1000 };
  const expected = [...rig.traffic.shown(inWeek, START_SECONDS + 300)];
  expect(rows.map((row) => row["ym:s:visitID"])).toEqual(expected.map((visit) => visit.visitId));
  expect(rows.map((row) => row["ym:s:clientID"])).toEqual(expected.map((visit) => visit.clientId ?? "0"));
  expect(rows.map((row) => instantOf(row["ym:s:dateTime"] ?? "", "Europe/Moscow") / 1000)).toEqual(
    expected.map((visit) => visit.start),
  );
  expect(new Set(rows.map((row) => row["ym:s:date"])).size).toBe(7);
  expect(rows.some((row) => BigInt(row["ym:s:visitID"] ?? 0) > 2n ** 63n)).toBe(true);
});

test("dateTime stands in the counter's zone, dateTimeUTC in UTC+3 whatever its name says", async () => {
  const rig = createLogRig();
  rig.simulator.addCounter({ id: 200, name: "Far", ownerLogin: "owner", timeZoneName: "Asia/Vladivostok" });
  rig.simulator.traffic({ counterId: 200, visitors: 100, days: 10, seed: 1 });
  const far: LogRig = { ...rig, call: { ...rig.call, counterId: 200 } };
  const log = await asked(far, { fields: visits("dateTime", "dateTimeUTC") });
  rig.simulator.advance(rig.simulator.settings.logProcessingMs);
  const sink = keep();
  await rig.client.logs.downloadPart({ ...log, part: 0, fields: visits("dateTime", "dateTimeUTC"), sink });
  const [, ...lines] = sink.text().trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    const [local = "", utc = ""] = line.split("\t");
    expect(instantOf(local, "Asia/Vladivostok")).toBe(instantOf(utc, LOGS_UTC_ZONE));
    expect(instantOf(local, "Asia/Vladivostok")).toBe(Date.parse(`${utc.replace(" ", "T")}+03:00`));
  }
});

test("tabs, line feeds, quotes and backslashes within values are escaped and come back as they were", async () => {
  const rig = createLogRig();
  const titles = await rig.read({ source: "hits", fields: hits("title", "URL", "referer") });
  const seen = new Set(titles.map((row) => unescaped(row["ym:pv:title"] ?? "")));
  expect(seen).toContain("Розы «Весна»\tи 'Лето'");
  expect(seen).toContain("Доставка\nи оплата");
  expect(seen).toContain("Букет 17 \\ белый");
  const rows = await rig.read({
    fields: visits("lastUTMTerm", "parsedParamsKey1", "parsedParamsKey2", "parsedParamsKey3"),
  });
  expect(new Set(rows.map((row) => unescaped(row["ym:s:lastUTMTerm"] ?? "")))).toContain("букет 'невесты'");
  const parameters = rows.map((row) => row["ym:s:parsedParamsKey1"] ?? "");
  expect(new Set(parameters)).toEqual(new Set(["[]", "['user','d\\'accord']"]));
  expect(elementsOf("['user','d\\'accord']")).toEqual(["user", "d'accord"]);
  expect(new Set(rows.map((row) => row["ym:s:parsedParamsKey2"]))).toEqual(new Set(["[]", "['logged\\\\in']"]));
  expect(new Set(rows.map((row) => row["ym:s:parsedParamsKey3"]))).toEqual(new Set(["[]"]));
});

test("every documented column can be asked for, for every model of attribution", async () => {
  const rig = createLogRig();
  const fields = visits(
    ...["visitID", "counterID", "watchIDs", "date", "dateTime", "dateTimeUTC", "isNewUser", "startURL", "endURL"],
    ...[
      "referer",
      "pageViews",
      "visitDuration",
      "bounce",
      "ipAddress",
      "regionCityID",
      "clientID",
      "counterUserIDHash",
    ],
    ...["deviceCategory", "operatingSystem", "browser", "hasGCLID", "goalsID", "goalsSerialNumber", "goalsDateTime"],
    ...["goalsPrice", "goalsOrder", "goalsCurrency", "purchaseID", "purchaseRevenue"],
    ...["firstTrafficSource", "lastTrafficSource", "lastsignTrafficSource", "last_yandex_direct_clickTrafficSource"],
    ...["automaticUTMSource", "cross_device_lastUTMMedium", "lastsignDirectClickOrder", "<attribution>UTMCampaign"],
  );
  const rows = await rig.read({ fields, attribution: "LAST" });
  expect(rows.length).toBeGreaterThan(100);
  for (const row of rows) {
    expect(row["ym:s:counterID"]).toBe("100");
    expect(elementsOf(row["ym:s:watchIDs"] ?? "")).toHaveLength(Number(row["ym:s:pageViews"]));
    expect(row["ym:s:bounce"] === "1").toBe(row["ym:s:pageViews"] === "1" && Number(row["ym:s:visitDuration"]) < 15);
    const isAd = row["ym:s:lastTrafficSource"] === "ad";
    expect(row["ym:s:<attribution>UTMCampaign"]?.startsWith("campaign-") ?? false).toBe(isAd);
    if (isAd) expect(row["ym:s:startURL"]).toMatch(/[?&]yclid=\d{20}(&|$)/);
  }
});

test("hits are joined to visits by watchIDs, and goals are events of their own", async () => {
  const rig = createLogRig();
  const rows = await rig.read({ fields: visits("visitID", "watchIDs", "goalsID", "pageViews") });
  const events = await rig.read({
    ...{ source: "hits", date2: "2026-11-22" },
    fields: hits("watchID", "visitID", "isPageView", "goalsID", "dateTime"),
  });
  const visitOf = new Map(events.map((event) => [event["ym:pv:watchID"], event["ym:pv:visitID"]]));
  expect(visitOf.size).toBe(events.length);
  // Events after midnight belong to the next day's log: those of the last day's visits may be missing here.
  let joined = 0;
  for (const row of rows) {
    const found = elementsOf(row["ym:s:watchIDs"] ?? "").filter((watchId) => visitOf.has(watchId));
    for (const watchId of found) expect(visitOf.get(watchId)).toBe(row["ym:s:visitID"]);
    if (found.length === Number(row["ym:s:pageViews"])) joined++;
  }
  expect(joined / rows.length).toBeGreaterThan(0.95);
  const reached = events.filter((event) => event["ym:pv:isPageView"] === "0");
  const inVisits = rows.flatMap((row) => elementsOf(row["ym:s:goalsID"] ?? ""));
  expect(reached.length).toBeGreaterThan(0);
  expect(Math.abs(reached.length - inVisits.length)).toBeLessThan(3);
});

test("a visit that was read early is read with more pages and time later", async () => {
  const rig = createLogRig();
  const wanted = { date1: "2026-11-22", fields: visits("visitID", "pageViews", "visitDuration") };
  const early = new Map((await rig.read(wanted)).map((row) => [row["ym:s:visitID"], row]));
  rig.simulator.advance(3 * DAY_MS);
  const late = await rig.read(wanted);
  expect(late.length).toBe(early.size);
  const grown = late.filter((row) => row["ym:s:pageViews"] !== early.get(row["ym:s:visitID"])?.["ym:s:pageViews"]);
  expect(grown.length).toBeGreaterThan(0);
  for (const row of late)
    expect(Number(row["ym:s:visitDuration"])).toBeGreaterThanOrEqual(
      Number(early.get(row["ym:s:visitID"])?.["ym:s:visitDuration"]),
    );
  rig.simulator.advance(DAY_MS);
  expect(await rig.read(wanted)).toEqual([...late]);
});

test("an uploaded conversion appears in its visit and as an event of its own day", async () => {
  const rig = createLogRig({}, { withoutClientId: 0 });
  const goalId = String(rig.simulator.addGoal(rig.call.counterId, "deal").id);
  const begins = instantOf("2026-11-16 00:00:00", "Europe/Moscow") / 1000;
  const [visit] = rig.traffic.shown({ from: begins, to: begins + 86_400 }, START_SECONDS);
  if (visit?.clientId == null) throw new Error("The traffic has no such visit");
  const before = rig.traffic.truthOf(visit)?.visits.filter((one) => one.startTime < START_SECONDS * 1000) ?? [];
  const latest = before.at(-1)?.visitId;
  const dateTime = START_SECONDS - 3600;
  const csv = `ClientId,Target,DateTime,Price,Currency\n${visit.clientId},deal,${dateTime},1234.56,RUB\n`;
  expect(await rig.settled(await rig.upload(csv))).toMatchObject({ status: "PROCESSED", linkedQuantity: 1 });
  rig.simulator.advance(DAY_MS);

  const fields = visits("visitID", "goalsID", "goalsDateTime", "goalsPrice", "goalsCurrency");
  const rows = await rig.read({ fields, date1: "2026-11-01", date2: "2026-11-23" });
  const withGoal = rows.filter((row) => elementsOf(row["ym:s:goalsID"] ?? "").includes(goalId));
  expect(withGoal.map((row) => row["ym:s:visitID"])).toContain(latest ?? "");
  const linked = withGoal.find((row) => row["ym:s:visitID"] === latest) ?? {};
  const at = elementsOf(linked["ym:s:goalsDateTime"] ?? "").findIndex(
    (time) => instantOf(time, LOGS_UTC_ZONE) === dateTime * 1000,
  );
  expect(elementsOf(linked["ym:s:goalsPrice"] ?? "")[at]).toBe("1234560");
  expect(elementsOf(linked["ym:s:goalsCurrency"] ?? "")[at]).toBe("RUB");

  const eventFields = hits("visitID", "dateTime", "goalsID", "isPageView");
  const days = { date1: "2026-11-23", date2: "2026-11-23" };
  const events = await rig.read({ source: "hits", fields: eventFields, ...days });
  const event = events.find((row) => row["ym:pv:goalsID"] === `[${goalId}]` && row["ym:pv:visitID"] === latest);
  expect(instantOf(event?.["ym:pv:dateTime"] ?? "", "Europe/Moscow")).toBe(dateTime * 1000);
});

test("conversions find generated visits by each of their identifiers, and a repeat overwrites the price", async () => {
  const rig = createLogRig({}, { visitors: 2000, withoutClientId: 0 });
  rig.simulator.addGoal(rig.call.counterId, "deal");
  const span = { from: START_SECONDS - 5 * 86_400, to: START_SECONDS - 86_400 };
  const shown = [...rig.traffic.shown(span, START_SECONDS)];
  const ofUser = shown.find((visit) => visit.userId !== null);
  const ofAd = shown.find((visit) => visit.sourceBy("last") === "ad");
  const bought = shown.find((visit) => visit.purchases.length > 0);
  const yclid = /yclid=(\d+)/.exec(ofAd?.pages[0]?.url ?? "")?.[1] ?? "";
  const row = (cells: string, price: number) => `${cells},deal,${START_SECONDS - 60},${price},RUB`;
  const csv = (price: number) =>
    ["ClientId,UserId,Yclid,PurchaseId,Target,DateTime,Price,Currency"]
      .concat(
        row(`,${ofUser?.userId ?? ""},,`, price),
        row(`,,${yclid},`, price),
        row(`,,,${bought?.purchases[0]?.id ?? ""}`, price),
      )
      .concat(
        row("133591247640966458,,,", price),
        row(",user-00000000,,", price),
        row(",,12345678901234567890,", price),
      )
      .join("\n");
  expect(await rig.settled(await rig.upload(csv(1)))).toMatchObject({ linkedQuantity: 3, userNotFoundQuantity: 3 });
  await rig.settled(await rig.upload(csv(2)));
  rig.simulator.advance(DAY_MS);
  const rows = await rig.read({ fields: visits("visitID", "goalsPrice"), date1: "2026-11-01" });
  const prices = rows.flatMap((one) => elementsOf(one["ym:s:goalsPrice"] ?? "")).filter((price) => price.length === 4);
  expect(prices).toEqual(["2000", "2000", "2000"]);
});

test("visits that were added one by one are in the log, behind the others", async () => {
  const rig = createLogRig({ logPartBytes: 2000 });
  const startTime = Date.parse("2026-11-20T10:00:00Z");
  rig.simulator.addVisit(rig.call.counterId, {
    clientId: "1772125921407675467",
    startTime,
    endTime: startTime + 90_000,
  });
  const rows = await rig.read({ fields: visits("clientID", "visitDuration", "visitID") });
  const own = rows.filter((row) => row["ym:s:clientID"] === "1772125921407675467");
  expect(own).toMatchObject([{ "ym:s:visitDuration": "90" }]);
  expect(rows.at(-1)).toEqual(own[0] ?? {});
});

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
