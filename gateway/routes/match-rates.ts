import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { identifierKinds } from "../../core/conversion/natural-key.ts";
import { reportMatchRate } from "../../core/delivery/match-rate.ts";
import { type Language, quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { type MatchDimension, matchDimensions } from "../../core/store/port/match-rates.ts";
import type { MatchRate } from "../../core/store/store.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../http/cursor.ts";
import { fieldFault, invalidFields } from "../http/field-faults.ts";
import type { RouteDeps } from "./deps.ts";
import { pageOf } from "./webhook-shapes.ts";

const MOST_KEYS = 1000;
const DEFAULT_BY: readonly MatchDimension[] = ["target", "identifier", "counter"];

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1)));
const only = (name: MatchDimension) => `Null unless ${name} is in \`by\``;

const Rate = v.pipe(
  v.object({
    webhook_id: v.pipe(v.nullable(v.string()), v.description(only("webhook"))),
    counter_id: v.pipe(v.nullable(v.number()), v.description(only("counter"))),
    target: v.pipe(v.nullable(v.string()), v.description(only("target"))),
    identifier: v.pipe(v.nullable(v.picklist(identifierKinds)), v.description(only("identifier"))),
    rows: v.pipe(
      count,
      v.description(
        "Rows in files that Metrika has finished and told the linked rows of. A correction is a row of its own file; a row that Metrika did not take counts as not linked",
      ),
    ),
    linked_min: v.pipe(count, v.description("At least so many of `rows` are linked to visits")),
    linked_max: v.pipe(count, v.description("At most so many of `rows` are linked to visits")),
    linkage: v.pipe(
      v.picklist(["exact", "range", "unknown"]),
      v.description(
        "`range`: some files hold rows of other keys too, and Metrika tells linked rows by the file. `unknown`: `rows` is 0",
      ),
    ),
    rate: v.pipe(share, v.description("Linked rows by `rows`, to four places; null unless exact")),
    rate_min: share,
    rate_max: share,
    rows_unknown: v.pipe(count, v.description("Rows in finished files of which Metrika told no number of linked rows")),
    rows_open: v.pipe(
      count,
      v.description("Rows in files that Metrika has not finished; they can still change the rate"),
    ),
    message: v.string(),
  }),
  component("MatchRate"),
);

const instant = z.iso.datetime({ offset: true }).optional();

const listMatchRates = createRoute({
  method: "get",
  path: "/v1/match-rates",
  operationId: "listMatchRates",
  tags: ["Batches and uploads"],
  ...guarded("read"),
  summary: "How many rows Metrika has linked to visits, by target, identifier, counter or webhook",
  description:
    "Metrika tells linked rows by the file. While a file holds rows of one target and one kind of strongest identifier only, its rate is exact; where rows of several kinds share a file, the rate is told as a range. Files that Metrika refused count nowhere. Keys with the most rows come first. Name a period where there are tens of thousands of files.",
  request: {
    query: z.object({
      by: z
        .string()
        .default(DEFAULT_BY.join(","))
        .openapi({ description: `One rate for each of these together: a list of ${matchDimensions.join(", ")}` }),
      webhook_id: z.string().optional(),
      counter_id: z.coerce.number().int().min(1).optional(),
      target: z.string().optional(),
      identifier: z.enum(identifierKinds).optional(),
      from: instant.openapi({ description: "Files that Metrika finished from this instant on" }),
      to: instant.openapi({ description: "Files that Metrika finished before this instant" }),
      limit: z.coerce.number().int().min(1).max(MOST_KEYS).default(100).openapi({ description: "Keys on a page" }),
      cursor: pageQuery.cursor,
    }),
  },
  responses: {
    200: jsonResponse(pageOf("MatchRate", Rate), { description: "A page" }),
    ...problemResponses(...accessProblems, "not_found", "invalid_field"),
  },
});

/** Match rates, as far as they follow from what Metrika tells. */
export function matchRateRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store } = deps;

  async function ownSourceId(uuid: string, workspaceId: number): Promise<number> {
    const source = await store.sources.findWithDeleted(uuid);
    if (source?.workspaceId === workspaceId) return source.id;
    throw new ProblemError("not_found", { path: quoteValue(`/v1/webhooks/${uuid}`) });
  }

  router.openapi(listMatchRates, async (c) => {
    const { workspaceId } = await deps.authorize(c, listMatchRates);
    const { by, webhook_id, counter_id, target, identifier, from, to, limit, cursor } = c.req.valid("query");
    const page = await store.matchRates.list({
      filter: {
        workspaceId,
        sourceId: webhook_id === undefined ? null : await ownSourceId(webhook_id, workspaceId),
        counterId: counter_id ?? null,
        target: target ?? null,
        identifier: identifier ?? null,
        settledFrom: from === undefined ? null : Date.parse(from),
        settledBefore: to === undefined ? null : Date.parse(to),
      },
      by: dimensionsOf(by),
      ...{ now: deps.now(), after: decodeCursor(cursor) ?? 0, limit },
    });
    const data = page.rows.map((rate) => rateAnswer(rate, languageOf(c)));
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  return router;
}

/** @throws {ProblemError} `invalid_field` for a name that is no dimension */
function dimensionsOf(by: string): readonly MatchDimension[] {
  const names = by.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(matchDimensions as readonly string[]).includes(name));
  if (unknown === undefined) return matchDimensions.filter((dimension) => names.includes(dimension));
  const received = quoteValue(unknown);
  throw invalidFields([fieldFault("by", "not_one_of", { allowed: matchDimensions.join(", "), received })]);
}

function rateAnswer(rate: MatchRate, language: Language) {
  const report = reportMatchRate(rate, language);
  return {
    webhook_id: rate.sourceUuid,
    counter_id: rate.counterId,
    target: rate.target,
    identifier: rate.identifier,
    rows: rate.rows,
    linked_min: rate.linkedMin,
    linked_max: rate.linkedMax,
    linkage: report.linkage,
    rate: report.rate,
    rate_min: report.rateMin,
    rate_max: report.rateMax,
    rows_unknown: rate.rowsUnknown,
    rows_open: rate.rowsOpen,
    message: report.message,
  };
}
