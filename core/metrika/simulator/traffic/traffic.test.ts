import { expect, test } from "bun:test";
import type { ShownVisit } from "./shown-visit.ts";
import { createTraffic, type Traffic, type TrafficSeed } from "./traffic.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const ALWAYS = { from: 0, to: 1e11 };
const LATER = NOW / 1000 + 10 * 86_400;

function trafficOf(seed: Partial<TrafficSeed> = {}, timeZoneName = "Europe/Moscow"): Traffic {
  const place = { timeZoneName, site: "romashka.example", goals: () => ["purchase", "lead"], now: NOW };
  return createTraffic({ counterId: 1, visitors: 2000, days: 30, seed: "spring", ...seed }, place);
}

/** Everything that a visit shows, as one text. */
function told(visit: ShownVisit): string {
  const { visitId, clientId, userId, userHash, start, duration, pages, siteGoals, purchases, device, browser } = visit;
  const sources = [visit.sourceBy("first"), visit.sourceBy("last"), visit.sourceBy("lastsign")];
  return JSON.stringify({
    visitId,
    clientId,
    userId,
    userHash,
    start,
    duration,
    pages,
    siteGoals,
    purchases,
    device,
    browser,
    sources,
  });
}

const shown = (traffic: Traffic, now = LATER) => [...traffic.shown(ALWAYS, now)];

test("the same seed gives the same traffic, another seed another one", () => {
  const first = shown(trafficOf()).map(told);
  expect(shown(trafficOf()).map(told)).toEqual(first);
  const other = new Set(shown(trafficOf({ seed: "autumn" })).map(told));
  expect(first.filter((visit) => other.has(visit))).toEqual([]);
});

test("any part of the visitors can be made by itself, and the parts are the whole", () => {
  const traffic = trafficOf();
  const parts = [
    { from: 0, to: 700 },
    { from: 700, to: 701 },
    { from: 701, to: 2000 },
  ].flatMap((range) => [...traffic.shown(ALWAYS, LATER, range)].map(told));
  expect(parts).toEqual(shown(traffic).map(told));
});

test("identifiers are exact, different, and some of them exceed 2^63", () => {
  const visits = shown(trafficOf());
  const visitIds = visits.map((visit) => visit.visitId);
  const watchIds = visits.flatMap((visit) => [...visit.watchIds, ...visit.siteGoals.map((goal) => goal.watchId)]);
  const clientIds = new Set(visits.flatMap((visit) => visit.clientId ?? []));
  for (const ids of [visitIds, watchIds, [...clientIds]]) {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[1-9]\d*$/.test(id) && BigInt(id) < 2n ** 64n)).toBe(true);
    expect(ids.some((id) => BigInt(id) > 2n ** 63n)).toBe(true);
  }
  expect(new Set([...clientIds].map((id) => id.length))).toEqual(new Set([18, 19, 20]));
});

test("visitors come back, some without a ClientID, from several sources and on several devices", () => {
  const visits = shown(trafficOf());
  expect(visits.length).toBeGreaterThan(2500);
  expect(visits.filter((visit) => visit.clientId === null).length).toBeGreaterThan(20);
  expect(new Set(visits.map((visit) => visit.sourceBy("last"))).size).toBe(7);
  expect(new Set(visits.map((visit) => visit.device))).toEqual(new Set([1, 2, 3, 4]));
  const numbers = visits.filter((visit) => visit.visitNumber === 1);
  expect(numbers.every((visit) => visit.daysSincePrevious === null)).toBe(true);
  const direct = visits.filter((visit) => visit.sourceBy("last") === "direct");
  expect(direct.some((visit) => visit.sourceBy("lastsign") === "ad")).toBe(true);
});

test("a visit without a ClientID can only be counted by its hash, which all visits of a visitor share", () => {
  const byVisitor = Map.groupBy(shown(trafficOf()), (visit) => visit.visitor);
  for (const visits of byVisitor.values()) {
    expect(new Set(visits.map((visit) => visit.userHash)).size).toBe(1);
    expect(new Set(visits.map((visit) => visit.clientId)).size).toBe(1);
  }
});

test("those who want to buy stay longer, look at more, come more often and buy", () => {
  const traffic = trafficOf({ visitors: 4000 });
  const groups = Map.groupBy(shown(traffic), (visit) => {
    const truth = traffic.truthOf(visit);
    return truth !== null && truth.propensity > 0.5 ? "keen" : "idle";
  });
  const mean = (group: "keen" | "idle", of: (visit: ShownVisit) => number) => {
    const visits = groups.get(group) ?? [];
    return visits.reduce((sum, visit) => sum + of(visit), 0) / visits.length;
  };
  for (const of of [
    (visit: ShownVisit) => visit.pageCount,
    (visit: ShownVisit) => visit.duration,
    (visit: ShownVisit) => visit.visitNumber,
    (visit: ShownVisit) => visit.purchases.length * 3,
  ])
    expect(mean("keen", of)).toBeGreaterThan(1.3 * mean("idle", of));
});

test("the truth knows a visitor by any visit and by the ClientID, and all purchases", () => {
  const traffic = trafficOf();
  const visits = shown(traffic);
  for (const { visitId, clientId } of visits.slice(0, 300)) {
    const truth = traffic.truthOf({ visitId });
    expect(truth?.visits.map((visit) => visit.visitId)).toContain(visitId);
    if (clientId !== null) expect(traffic.truthOf({ clientId })).toEqual(truth);
  }
  const bought = visits.flatMap(({ visitId, purchases }) => purchases.map(({ kopecks }) => [visitId, kopecks]));
  const known = new Set(visits.map((visit) => visit.visitId));
  const truths = new Map(visits.map((visit) => [visit.visitor, traffic.truthOf(visit)]));
  const inTruth = [...truths.values()].flatMap((truth) => truth?.purchases ?? []);
  expect(inTruth.map(({ visitId, revenue }) => [visitId, Math.round(Number(revenue) * 100)])).toEqual(bought);
  expect(inTruth.every((purchase) => known.has(purchase.visitId))).toBe(true);
  expect(inTruth.length).toBeGreaterThan(10);
  expect(traffic.truthOf({ visitId: "1" })).toBeNull();
  expect(traffic.truthOf({ clientId: "133591247640966458" })).toBeNull();
});

test("nobody is shown before the visit begins, and what is shown only grows, for three days at the most", () => {
  const traffic = trafficOf({ visitors: 500 });
  let growing = 0;
  for (const whole of shown(traffic)) {
    const span = { from: whole.start, to: whole.start + 1 };
    const range = { from: Number(whole.visitor), to: Number(whole.visitor) + 1 };
    const at = (now: number) => [...traffic.shown(span, now, range)];
    expect(at(whole.start - 1)).toEqual([]);
    let [pages, duration, goals] = [0, 0, 0];
    for (const hours of [0, 1, 24, 48, 72]) {
      const [visit] = at(whole.start + hours * 3600);
      if (visit === undefined) throw new Error("The visit is gone");
      expect(visit.pageCount).toBeGreaterThanOrEqual(pages);
      expect(visit.duration).toBeGreaterThanOrEqual(duration);
      expect(visit.siteGoals.length).toBeGreaterThanOrEqual(goals);
      if (hours > 24 && visit.duration > duration) growing++;
      [pages, duration, goals] = [visit.pageCount, visit.duration, visit.siteGoals.length];
    }
    expect([pages, duration, goals]).toEqual([whole.pageCount, whole.duration, whole.siteGoals.length]);
  }
  expect(growing).toBeGreaterThan(20);
});

test("a goal of the counter that is made later changes no other goal", () => {
  const reached = (goals: readonly string[]) =>
    shown(trafficOf({ goals })).flatMap((visit) => visit.siteGoals.filter((goal) => goal.identifier === "lead"));
  const times = (goals: readonly string[]) => reached(goals).map((goal) => goal.time);
  expect(times(["call", "lead"])).toEqual(times(["lead"]));
  expect(times(["lead"]).length).toBeGreaterThan(10);
});

test("a month of a million visits is made in little memory", () => {
  const traffic = trafficOf({ visitors: 660_000 });
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  let [visits, most] = [0, 0];
  for (const visit of traffic.shown(ALWAYS, LATER)) {
    visits++;
    if (visit.visitId === "0") throw new Error("No visit has the id 0");
    if (visits % 100_000 !== 0) continue;
    Bun.gc(true);
    most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  expect(visits).toBeGreaterThan(1_000_000);
  expect(most).toBeLessThan(20 * 1024 * 1024);
}, 60_000);

test("numbers that no traffic can have are refused by their name", () => {
  expect(() => trafficOf({ visitors: 1.5 })).toThrow("visitors");
  expect(() => trafficOf({ visitors: 1e9 })).toThrow("visitors");
  expect(() => trafficOf({ days: 0 })).toThrow("days");
});

test("without a first day the period ends today in the counter's zone", () => {
  const starts = shown(trafficOf({ days: 3 }, "Asia/Vladivostok")).map((visit) => visit.start * 1000);
  // 12:00 UTC is 22:00 there: the 23rd.
  expect(Math.min(...starts)).toBeGreaterThanOrEqual(Date.parse("2026-11-21T00:00:00+10:00"));
  expect(Math.max(...starts)).toBeLessThan(Date.parse("2026-11-24T00:00:00+10:00"));
});
