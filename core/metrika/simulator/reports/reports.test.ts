import { expect, test } from "bun:test";
import type { ReportOptions } from "../../reports.ts";
import { instantOf } from "../../zones.ts";
import { createLogRig, type LogRig } from "../logs/log-rig.ts";
import { START_SECONDS } from "../rig.ts";
import { documentedQuotas } from "../settings.ts";

const DAY_MS = 86_400_000;
const WEEK = { date1: "2026-11-16", date2: "2026-11-22" } as const;
const s = (...names: string[]) => names.map((name) => `ym:s:${name}`);
const A_ROW_A_VISIT = s(
  ...["clientID", "dateTime", "pageViews", "visitDuration", "bounce", "isNewUser", "userVisits"],
  ...["lastsignTrafficSource", "deviceCategory", "startURL"],
);

/** A report of the week, in the order of its dimensions unless another is asked for. */
function ask({ client, call }: LogRig, { dimensions = A_ROW_A_VISIT, ...changes }: Partial<ReportOptions> = {}) {
  const sort = dimensions.length === 0 ? s("visits") : dimensions;
  return client.reports.get({ ...call, ...WEEK, dimensions, metrics: s("visits"), limit: 100_000, sort, ...changes });
}

/** The visits of the week as the generator tells them. */
function shown(rig: LogRig, from = "2026-11-16", to = "2026-11-23") {
  const second = (date: string) => instantOf(`${date} 00:00:00`, "Europe/Moscow") / 1000;
  return [...rig.traffic.shown({ from: second(from), to: second(to) }, START_SECONDS - 60)];
}

test("a report by ClientID and time has a row for each visit that has a ClientID", async () => {
  const rig = createLogRig();
  const report = await ask(rig);
  const expected = shown(rig).filter((visit) => visit.clientId !== null);
  const told = report.rows.map(({ dimensions, metrics }) => {
    const [clientId, dateTime, pageViews, duration, , , number, source, , startUrl] = dimensions;
    const start = instantOf(dateTime?.name ?? "", "Europe/Moscow") / 1000;
    expect(metrics).toEqual([1]);
    return [
      clientId?.name,
      start,
      Number(pageViews?.name),
      Number(duration?.name),
      Number(number?.name),
      source?.id,
      startUrl?.name,
    ];
  });
  const known = expected.map((visit) => [
    ...[visit.clientId, visit.start, visit.pageCount, visit.duration, visit.visitNumber],
    ...[visit.sourceBy("lastsign"), visit.pages[0]?.url],
  ]);
  const sorted = (rows: readonly (readonly unknown[])[]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(sorted(told)).toEqual(sorted(known));
  expect(report).toMatchObject({
    totalRows: expected.length,
    totals: [expected.length],
    sampled: false,
    sampleShare: 1,
  });
  expect(report.rows.some((row) => BigInt(row.dimensions[0]?.name ?? 0) > 2n ** 63n)).toBe(true);
});

test("visits without a ClientID appear only when they are asked for", async () => {
  const rig = createLogRig({}, { withoutClientId: 0.5 });
  const all = shown(rig);
  const without = all.filter((visit) => visit.clientId === null).length;
  expect(without).toBeGreaterThan(20);
  expect((await ask(rig)).totals).toEqual([all.length - without]);
  const report = await ask(rig, { includeUndefined: true });
  expect(report.totals).toEqual([all.length]);
  expect(report.rows.filter((row) => row.dimensions[0]?.name === null).length).toBe(without);
});

test("the pages of a report are the report, and the last one ends it", async () => {
  const rig = createLogRig();
  const whole = await ask(rig);
  const pages = await Array.fromAsync(
    rig.client.reports.pages({
      ...{ ...rig.call, ...WEEK, dimensions: A_ROW_A_VISIT, metrics: s("visits"), sort: A_ROW_A_VISIT },
      limit: 50,
    }),
  );
  expect(pages.flatMap((page) => page.rows)).toEqual([...whole.rows]);
  expect(pages).toHaveLength(Math.ceil(whole.totalRows / 50));
  expect(rig.simulator.requests.byOperation.report).toBe(1 + pages.length);
  expect((await ask(rig, { offset: whole.totalRows + 1 })).rows).toEqual([]);
});

test("a visit that is added between two reports is in the second one", async () => {
  const rig = createLogRig();
  const { totalRows } = await ask(rig);
  const startTime = Date.parse("2026-11-20T10:00:00Z");
  rig.simulator.addVisit(rig.call.counterId, { clientId: "1772125921407675467", startTime });
  expect((await ask(rig)).totalRows).toBe(totalRows + 1);
});

test("metrics of a group are those of its visits, and totals those of the whole report", async () => {
  const rig = createLogRig();
  const metrics = s(
    ...["visits", "users", "newUsers", "pageviews", "pageDepth", "bounceRate", "avgVisitDurationSeconds"],
    ...["percentNewVisitors", "sumGoalReachesAny"],
  );
  const report = await ask(rig, { dimensions: s("deviceCategory"), metrics, sort: ["-ym:s:visits"] });
  const visits = shown(rig);
  const sum = (of: (visit: (typeof visits)[number]) => number) => visits.reduce((total, visit) => total + of(visit), 0);
  const users = new Set(visits.map((visit) => visit.visitor)).size;
  const newUsers = visits.filter((visit) => visit.visitNumber === 1).length;
  const bounces = visits.filter((visit) => visit.pageCount === 1 && visit.duration < 15).length;
  const pages = sum((visit) => visit.pageCount);
  expect(report.totals.slice(0, 4)).toEqual([visits.length, users, newUsers, pages]);
  const [, , , , depth, bounceRate, duration, newShare] = report.totals;
  expect(depth).toBeCloseTo(pages / visits.length);
  expect(bounceRate).toBeCloseTo((100 * bounces) / visits.length);
  expect(duration).toBeCloseTo(sum((visit) => visit.duration) / visits.length);
  expect(newShare).toBeCloseTo((100 * newUsers) / users);
  // A rig's counter has one goal, which a purchase reaches.
  expect(report.totals[8]).toBe(sum((visit) => visit.purchases.length));
  const counts = report.rows.map((row) => row.metrics[0] ?? 0);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(counts.reduce((total, count) => total + count, 0)).toBe(visits.length);
  expect(report.rows.map((row) => row.dimensions[0]?.id)).toContain("desktop");
});

test("days are those of the counter's zone, or of the zone that is asked for", async () => {
  const rig = createLogRig({}, { withoutClientId: 0 });
  const day = { date1: "2026-11-20", date2: "2026-11-20" };
  const here = await ask(rig, day);
  expect(here.totalRows).toBe(shown(rig, "2026-11-20", "2026-11-21").length);
  const there = await ask(rig, { ...day, timezone: "+10:00" });
  const times = there.rows.map((row) => row.dimensions[1]?.name ?? "");
  expect(times.every((time) => time.startsWith("2026-11-20"))).toBe(true);
  const instants = times.map((time) => instantOf(time, "+10:00"));
  expect(Math.min(...instants)).toBeGreaterThanOrEqual(Date.parse("2026-11-20T00:00:00+10:00"));
  expect(Math.max(...instants)).toBeLessThan(Date.parse("2026-11-21T00:00:00+10:00"));
  const relative = await ask(rig, { date1: "3daysAgo", date2: "yesterday" });
  expect(relative.totalRows).toBe(shown(rig, "2026-11-20", "2026-11-23").length);
});

test("the current day is there up to the lag, and grows", async () => {
  const rig = createLogRig({}, { visitors: 3000 });
  const today = { date1: "today", date2: "today" };
  const early = await ask(rig, today);
  expect(early.totalRows).toBeGreaterThan(5);
  expect(early.dataLagSeconds).toBeGreaterThanOrEqual(60);
  rig.simulator.advance(6 * 3_600_000);
  expect((await ask(rig, today)).totalRows).toBeGreaterThan(early.totalRows);
});

test("a visit that was read early is read with more pages later", async () => {
  const rig = createLogRig({}, { visitors: 2000 });
  const day = {
    date1: "2026-11-22",
    date2: "2026-11-22",
    metrics: s("visits", "pageviews"),
    dimensions: s("clientID", "dateTime"),
  };
  const early = await ask(rig, day);
  rig.simulator.advance(3 * DAY_MS);
  const late = await ask(rig, day);
  expect(late.totalRows).toBe(early.totalRows);
  expect(late.totals[1] ?? 0).toBeGreaterThan(early.totals[1] ?? 0);
  rig.simulator.advance(DAY_MS);
  expect((await ask(rig, day)).rows).toEqual([...late.rows]);
});

test("an uploaded conversion is counted in the visit that it was linked to", async () => {
  const rig = createLogRig({}, { withoutClientId: 0, goals: [] });
  const { id } = rig.simulator.addGoal(rig.call.counterId, "deal");
  const clientId = shown(rig)[0]?.clientId;
  const metrics = s(
    `goal${id}reaches`,
    `goal${id}visits`,
    `goal${id}users`,
    `goal${id}conversionRate`,
    `goal${id}convertedRUBRevenue`,
  );
  const wanted = {
    date1: "2026-11-01",
    date2: "2026-11-23",
    dimensions: s("clientID"),
    metrics,
    sort: [`-ym:s:goal${id}reaches`],
  };
  expect((await ask(rig, wanted)).totals.slice(0, 3)).toEqual([0, 0, 0]);
  const rows = [3600, 7200].map((ago) => `${clientId},deal,${START_SECONDS - ago},100.50,RUB\n`);
  const uploading = await rig.upload(`ClientId,Target,DateTime,Price,Currency\n${rows.join("")}`);
  expect((await ask(rig, wanted)).totals.slice(0, 3)).toEqual([0, 0, 0]);
  await rig.settled(uploading);
  rig.simulator.advance(120_000);
  const report = await ask(rig, wanted);
  const [reaches, visits, users, rate, revenue] = report.totals;
  expect([reaches, visits, users, revenue]).toEqual([2, 1, 1, 201]);
  expect(rate).toBeGreaterThan(0);
  expect(report.rows[0]?.dimensions[0]?.name).toBe(clientId ?? "");
});

test("filters pick visits by what they are, with quotes and lists", async () => {
  const rig = createLogRig();
  const count = async (filters: string) =>
    (await ask(rig, { filters, dimensions: s("deviceCategory") })).totals[0] ?? 0;
  const all = await count("ym:s:isRobot=='No'");
  expect(all).toBe(shown(rig).length);
  const direct = await count("ym:s:lastTrafficSource=='direct'");
  const others = await count("ym:s:lastTrafficSource!='direct'");
  expect(direct).toBeGreaterThan(0);
  expect(direct + others).toBe(all);
  const few = await count("ym:s:lastTrafficSource=.('direct','ad')");
  expect(few + (await count("ym:s:lastTrafficSource!.('direct','ad')"))).toBe(all);
  const deep = await count("ym:s:pageViews>3");
  expect(deep + (await count("ym:s:pageViews<=3"))).toBe(all);
  expect(await count("ym:s:pageViews>3 AND ym:s:lastTrafficSource=='direct'")).toBeLessThan(Math.min(deep, direct));
  const quoted = await count("ym:s:lastUTMTerm=='букет \\'невесты\\''");
  expect(quoted).toBe(shown(rig).filter((visit) => visit.utmBy("last")?.Term === "букет 'невесты'").length);
  expect(quoted).toBeGreaterThan(0);
  const clientId = shown(rig).find((visit) => visit.clientId !== null)?.clientId;
  expect(await count(`ym:s:clientID=='${clientId}'`)).toBe(
    shown(rig).filter((visit) => visit.clientId === clientId).length,
  );
});

test("a report that Metrika would refuse is refused with the field named", async () => {
  const rig = createLogRig();
  const refused = (changes: Partial<ReportOptions>) =>
    ask(rig, changes).then(
      () => "taken",
      (error: unknown) => String(error),
    );
  const at = (name: string) => new RegExp(`400.*\\(at ${name}\\)$`);
  expect(await refused({ dimensions: s("visitID") })).toMatch(/Unknown dimension ym:s:visitID \(at dimensions\)$/);
  expect(await refused({ dimensions: s("counterUserIDHash") })).toMatch(at("dimensions"));
  expect(await refused({ dimensions: ["ym:pv:URL"] })).toMatch(at("dimensions"));
  expect(await refused({ dimensions: s("constructor") })).toMatch(at("dimensions"));
  expect(await refused({ dimensions: s(...Array(11).fill("clientID")) })).toMatch(at("dimensions"));
  expect(await refused({ metrics: s("happiness") })).toMatch(/Unknown metric ym:s:happiness \(at metrics\)$/);
  expect(await refused({ metrics: [] })).toMatch(/missing_parameter/);
  expect(await refused({ metrics: s(...Array(21).fill("visits")) })).toMatch(at("metrics"));
  expect(await refused({ date1: "2026-02-30" })).toMatch(at("date1"));
  expect(await refused({ date1: "2026-11-22", date2: "2026-11-16" })).toMatch(at("date2"));
  expect(await refused({ limit: 100_001 })).toMatch(at("limit"));
  expect(await refused({ offset: 0 })).toMatch(at("offset"));
  expect(await refused({ sort: s("browser") })).toMatch(at("sort"));
  expect(await refused({ timezone: "Moscow" })).toMatch(at("timezone"));
  for (const filters of ["ym:s:browser=~'chrome'", "ym:s:nonsense=='1'", "ym:s:browser=='chrome", "ym:s:browser=.'a'"])
    expect(await refused({ filters })).toMatch(at("filters"));
});

test("a report of too many rows is refused", async () => {
  const rig = createLogRig({ reportMaxRows: 50 });
  await expect(ask(rig)).rejects.toMatchObject({ kind: "rejected", errorType: "too_much_rows" });
  expect((await ask(rig, { dimensions: s("deviceCategory") })).totals[0]).toBeGreaterThan(50);
});

test("a sampled report says so, counts for all, and lacks the rows of those who were not looked at", async () => {
  const rig = createLogRig({}, { visitors: 5000 });
  const whole = await ask(rig);
  rig.simulator.faults.add({ fault: { kind: "sampled", share: 0.25 } });
  const report = await ask(rig);
  expect(report).toMatchObject({ sampled: true, sampleShare: 0.25 });
  expect(report.totalRows).toBeLessThan(0.4 * whole.totalRows);
  expect((report.totals[0] ?? 0) / (whole.totals[0] ?? 1)).toBeCloseTo(1, 0);
  expect(report.sampleSize).toBe(report.totalRows);
  expect(report.sampleSpace).toBe(4 * report.totalRows);
  expect(await ask(rig)).toEqual(whole);
});

test("two hundred reports in five minutes, then none for five minutes", async () => {
  const rig = createLogRig({ quotas: { ...documentedQuotas, requestsPerSecond: null } });
  for (let i = 0; i < 200; i++) await ask(rig, { dimensions: [] });
  rig.simulator.advance(200_000);
  const refused = {
    kind: "throttled",
    status: 429,
    quota: { name: "quota_requests_by_uid", freed: "in_five_minutes" },
  };
  await expect(ask(rig)).rejects.toMatchObject(refused);
  // By now the first 200 are forgotten, but not that there was one too many.
  rig.simulator.advance(299_000);
  await expect(ask(rig)).rejects.toMatchObject(refused);
  await rig.client.goals.list(rig.call);
  rig.simulator.advance(1000);
  await ask(rig);
  expect(rig.simulator.requests.byGroup).toMatchObject({ report_read: 201, client_read: 1 });
  expect(rig.simulator.requests.refused).toEqual({ quota_requests_by_uid: 2 });
});

test("a query that is too complicated for the moment passes when it is tried again", async () => {
  const rig = createLogRig();
  const fault = { kind: "status", status: 400, errorType: "query_error" } as const;
  rig.simulator.faults.add({ match: { operation: "report" }, fault });
  await expect(ask(rig)).rejects.toMatchObject({
    kind: "unavailable",
    errorType: "query_error",
    bodyMayHaveArrived: false,
  });
  expect((await ask(rig)).totalRows).toBeGreaterThan(0);
});

test("reports need the right to read, which is checked before the counter", async () => {
  const rig = createLogRig();
  rig.simulator.addToken("y0_uploads", { login: "owner", scopes: ["metrika:write"] });
  rig.simulator.addToken("y0_stranger", { login: "stranger" });
  await expect(ask(rig, { token: "y0_uploads", counterId: 999 })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(ask(rig, { token: "y0_stranger" })).rejects.toMatchObject({ kind: "forbidden" });
  await expect(ask(rig, { token: "y0_unknown" })).rejects.toMatchObject({ kind: "unauthorized" });
});

test("a counter without visits has an empty report", async () => {
  const rig = createLogRig({}, { visitors: 0 });
  expect(await ask(rig, { metrics: s("visits", "pageDepth") })).toMatchObject({
    rows: [],
    totalRows: 0,
    totals: [0, null],
  });
});
