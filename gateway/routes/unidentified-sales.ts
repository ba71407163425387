import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { SourceRecord } from "../../core/store/store.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { fieldFault, invalidFields } from "../http/field-faults.ts";
import type { RouteDeps } from "./deps.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_DAYS = 92;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const counts = {
  refused: v.pipe(count, v.description("Sales without an identifier that were refused, each counted on its first day")),
  by_contact: v.pipe(
    count,
    v.description(
      "Sales without an identifier that are kept by the MD5 of the buyer's phone or e-mail, each counted on its first day",
    ),
  ),
  accepted: v.pipe(count, v.description("Rows accepted as conversions, corrections among them")),
  sales: v.pipe(
    count,
    v.description("refused + by_contact + accepted. Repeats, and rows refused for other faults, are not in it"),
  ),
  share: v.pipe(
    v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    v.description("(refused + by_contact) / sales, to four places; null when there were no sales"),
  ),
};

const Day = v.object({ date: v.pipe(v.string(), v.description("Of the receipt, UTC")), ...counts });

/** How many sales of a source name no visitor. */
export const UnidentifiedSales = v.pipe(
  v.object({ source_id: v.string(), from: v.string(), to: v.string(), ...counts, days: v.array(Day) }),
  component("UnidentifiedSales"),
);

const date = (description: string) => z.iso.date().optional().openapi({ description, example: "2026-11-23" });

const readUnidentifiedSales = createRoute({
  method: "get",
  path: "/v1/sources/{source_id}/unidentified-sales",
  operationId: "readUnidentifiedSales",
  tags: ["Sources"],
  ...guarded("read"),
  summary: "Read how many sales of a source came without an identifier",
  description:
    "Metrika can link a sale only by an identifier of its visitor. A sale of which nothing else is missing is counted here once, however often it is told, by the UTC day of its first receipt; one that gets its identifier later stays counted. Webhooks are sources too.",
  request: {
    params: z.object({ source_id: z.string() }),
    query: z.object({
      from: date(`First day, UTC. Default: ${DEFAULT_DAYS - 1} days before \`to\``),
      to: date(`Last day, UTC; at most ${MOST_DAYS} days in all. Default: today`),
    }),
  },
  responses: {
    200: jsonResponse(UnidentifiedSales, { description: "Counts of the whole time, and of each day" }),
    ...problemResponses(...accessProblems, "not_found", "invalid_field"),
  },
});

/** Sales without an identifier, by source. */
export function unidentifiedSaleRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store } = deps;

  async function ownSource(uuid: string, workspaceId: number, path: string): Promise<SourceRecord> {
    const source = await store.sources.findWithDeleted(uuid);
    if (source?.workspaceId === workspaceId) return source;
    throw new ProblemError("not_found", { path: quoteValue(path) });
  }

  router.openapi(readUnidentifiedSales, async (c) => {
    const { workspaceId } = await deps.authorize(c, readUnidentifiedSales);
    const { source_id } = c.req.valid("param");
    const source = await ownSource(source_id, workspaceId, c.req.path);
    const { first, last } = daysAsked(c.req.valid("query"), Math.floor(deps.now() / DAY_MS));
    const told = await store.unidentifiedSales.daysOf(source.id, first, last);
    const byDay = new Map(told.map((it) => [it.day, it]));
    const days: ReturnType<typeof dayAnswer>[] = [];
    for (let day = first; day <= last; day++) {
      const since = performance.now();
      const accepted = await store.batches.acceptedOf(source.id, day * DAY_MS, (day + 1) * DAY_MS);
      const { refused = 0, byContact = 0 } = byDay.get(day) ?? {};
      days.push(dayAnswer(day, { refused, by_contact: byContact, accepted }));
      await deps.breathe(since);
    }
    const sum = (name: "refused" | "by_contact" | "accepted") => days.reduce((all, day) => all + day[name], 0);
    const whole = countsAnswer({ refused: sum("refused"), by_contact: sum("by_contact"), accepted: sum("accepted") });
    return c.json({ source_id, from: dateOf(first), to: dateOf(last), ...whole, days }, 200);
  });

  return router;
}

interface Counts {
  readonly refused: number;
  readonly by_contact: number;
  readonly accepted: number;
}

const dayAnswer = (day: number, told: Counts) => ({ date: dateOf(day), ...countsAnswer(told) });

function countsAnswer({ refused, by_contact, accepted }: Counts) {
  const sales = refused + by_contact + accepted;
  const share = sales === 0 ? null : Math.round(((refused + by_contact) / sales) * 10_000) / 10_000;
  return { refused, by_contact, accepted, sales, share };
}

/** A day, counted from 1970, as a date. */
const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** @throws {ProblemError} `invalid_field` for days in the wrong order, and for too many */
function daysAsked(asked: { readonly from?: string | undefined; readonly to?: string | undefined }, today: number) {
  const last = asked.to === undefined ? today : dayOfDate(asked.to);
  const first = asked.from === undefined ? last - DEFAULT_DAYS + 1 : dayOfDate(asked.from);
  if (first > last)
    throw invalidFields([fieldFault("from", "too_large", { received: dateOf(first), limit: dateOf(last) })]);
  const earliest = last - MOST_DAYS + 1;
  if (first < earliest)
    throw invalidFields([fieldFault("from", "too_small", { received: dateOf(first), limit: dateOf(earliest) })]);
  return { first, last };
}

const dayOfDate = (text: string) => Date.parse(`${text}T00:00:00Z`) / DAY_MS;
