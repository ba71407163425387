import { expect, test } from "bun:test";
import { instantOf, LOGS_UTC_ZONE } from "../../zones.ts";
import { START_SECONDS } from "../rig.ts";
import { createLogRig, elementsOf, unescaped } from "./log-rig.ts";

const DAY_MS = 86_400_000;
const visits = (...names: string[]) => names.map((name) => `ym:s:${name}`);
const hits = (...names: string[]) => names.map((name) => `ym:pv:${name}`);

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
  const rows = await rig.read({ counterId: 200, fields: visits("dateTime", "dateTimeUTC") });
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const utc = row["ym:s:dateTimeUTC"] ?? "";
    expect(instantOf(row["ym:s:dateTime"] ?? "", "Asia/Vladivostok")).toBe(instantOf(utc, LOGS_UTC_ZONE));
    expect(instantOf(utc, LOGS_UTC_ZONE)).toBe(Date.parse(`${utc.replace(" ", "T")}+03:00`));
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
