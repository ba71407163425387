import type { MetrikaSimulator } from "./simulator.ts";

/**
 * The world of the demo: one login with one counter, another that may only look at it, and an OAuth application.
 * Token and secret are made up and open nothing.
 */
export const demo = {
  login: "demo-shop",
  viewer: "demo-viewer",
  application: {
    clientId: "d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f",
    clientSecret: "demo-secret-of-the-simulator",
    name: "Шлюз Метрики",
    redirectUris: ["http://localhost:8787/oauth/yandex/callback"],
  },
  token: "y0_demo-token-of-the-simulator",
  counterId: 12345678,
  counterName: "Магазин «Ромашка»",
  site: "romashka.example",
  timeZone: "Europe/Moscow",
  goals: [
    { identifier: "purchase", name: "Покупка" },
    { identifier: "lead", name: "Заявка" },
    { identifier: "call", name: "Звонок" },
  ],
} as const;

/** A visitor of the demo's shop and how many days ago the last visit was. */
export interface DemoVisitor {
  readonly clientId: string;
  readonly userId?: string;
  readonly yclid?: string;
  readonly purchaseIds?: readonly string[];
  readonly daysAgo: number;
}

/** Visitors whose conversions meet a visit; the identifiers have the lengths that Metrika's own have. */
export const demoVisitors: readonly DemoVisitor[] = [
  { clientId: "1764012345678901234", userId: "crm-1001", daysAgo: 2 },
  { clientId: "1764023456789012345", userId: "crm-1002", yclid: "17640234567890123456", daysAgo: 3 },
  { clientId: "1764034567890123456", purchaseIds: ["order-5001"], daysAgo: 4 },
  { clientId: "1764045678901234567", yclid: "17640456789012345678", daysAgo: 5 },
  { clientId: "1764056789012345678", userId: "crm-1005", daysAgo: 7 },
  { clientId: "1764067890123456789", userId: "crm-1006", purchaseIds: ["order-5002"], daysAgo: 10 },
  { clientId: "1764078901234567890", userId: "crm-1007", daysAgo: 3 },
  { clientId: "1764089012345678901", yclid: "17640890123456789012", daysAgo: 6 },
  { clientId: "1764090123456789012", userId: "crm-1009", purchaseIds: ["order-5003"], daysAgo: 12 },
  { clientId: "1764101234567890123", userId: "crm-1010", daysAgo: 8 },
];

/** The visitor of the specification's example, whose conversion dates from 1 July 2025. */
export const exampleVisitor = { clientId: "1234567890.1234567890", purchaseIds: ["order123"] } as const;

const DAY_MS = 24 * 3600 * 1000;
const HALF_AN_HOUR_MS = 30 * 60 * 1000;

/**
 * Fills a simulator with the demo's world; visits are placed relative to the simulator's time.
 * @param redirectUris where the demo's application gets its codes. Default: a gateway at its usual address.
 */
export function seedDemo(
  simulator: MetrikaSimulator,
  redirectUris: readonly string[] = demo.application.redirectUris,
): void {
  simulator.addApplication({ ...demo.application, redirectUris });
  simulator.addToken(demo.token, { login: demo.login });
  simulator.addCounter({
    ...{ id: demo.counterId, name: demo.counterName, site: demo.site },
    ...{ ownerLogin: demo.login, timeZoneName: demo.timeZone, grants: { [demo.viewer]: "view" } },
  });
  for (const goal of demo.goals) simulator.addGoal(demo.counterId, goal);
  for (const { daysAgo, ...visitor } of demoVisitors) {
    const startTime = simulator.now() - daysAgo * DAY_MS;
    simulator.addVisit(demo.counterId, { ...visitor, startTime, endTime: startTime + HALF_AN_HOUR_MS });
  }
  // The first visit precedes the example's conversion, the second keeps the visitor within Metrika's 21 days.
  simulator.addVisit(demo.counterId, { ...exampleVisitor, startTime: Date.parse("2025-06-30T09:00:00Z") });
  simulator.addVisit(demo.counterId, { clientId: exampleVisitor.clientId, startTime: simulator.now() - DAY_MS });
}
