import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { type Language, quoteValue } from "../../core/language.ts";
import { BatchRow, Conversion } from "../../core/plugin/answer-schemas.ts";
import { conversionAnswer, fateAnswer, iso, isoOrNull, isoSecond } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { conversionIdOf, conversionUuid } from "../../core/store/public-id.ts";
import type { ConversionHistory, ConversionRevision } from "../../core/store/store.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import type { RouteDeps } from "./deps.ts";

const { index, status, detail, message, late, upload_id, sent_time } = BatchRow.entries;
const { price, currency } = Conversion.entries;
const revision = v.pipe(v.number(), v.integer(), v.description("0 is the first telling, each correction one more"));

const Revision = v.pipe(
  v.object({
    revision,
    price,
    currency,
    batch_id: v.string(),
    index,
    told_at: v.pipe(v.string(), v.description("When its batch arrived; ISO 8601, UTC")),
    replaced_at: v.pipe(v.nullable(v.string()), v.description("ISO 8601, UTC; null for the one in force")),
    upload_id,
    status,
    detail,
    message,
    late,
  }),
  component("ConversionRevision"),
);

const ConversionWithRevisions = v.pipe(
  v.object({
    conversion_id: v.string(),
    webhook_id: v.pipe(v.string(), v.description("The webhook that told it last")),
    counter_id: v.number(),
    conversion: Conversion,
    sent_time,
    revision,
    batch_id: v.string(),
    index,
    upload_id,
    status,
    detail,
    message,
    late,
    revisions: v.pipe(
      v.array(Revision),
      v.description(
        "Everything told of it, oldest first; the last one is in force. A price that was corrected before its file had gone was not sent, and shares the fate of the next one",
      ),
    ),
  }),
  component("ConversionWithRevisions"),
);

const readConversion = createRoute({
  method: "get",
  path: "/v1/conversions/{conversion_id}",
  operationId: "readConversion",
  tags: ["Batches and uploads"],
  ...guarded("read"),
  summary: "Read a conversion with its revisions",
  description: "Its id stands in the rows of a batch. A conversion that passed its retention is no longer there.",
  request: { params: z.object({ conversion_id: z.string() }) },
  responses: {
    200: jsonResponse(ConversionWithRevisions, { description: "The conversion as it is now" }),
    ...problemResponses(...accessProblems, "not_found"),
  },
});

/** Single conversions. */
export function conversionRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store } = deps;

  router.openapi(readConversion, async (c) => {
    const { workspaceId } = await deps.authorize(c, readConversion);
    const id = conversionIdOf(store.installation.uuid, c.req.param("conversion_id"));
    const history = id === null ? null : await store.conversions.find(id);
    if (history?.workspaceId !== workspaceId) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    c.set("fallbackLanguage", history.language);
    return c.json(historyAnswer(history, store.installation.uuid, languageOf(c)), 200);
  });

  return router;
}

function historyAnswer(history: ConversionHistory, installationUuid: string, language: Language) {
  const { row } = history.current;
  const {
    told_at: _,
    replaced_at: __,
    price: ___,
    currency: ____,
    ...current
  } = revisionAnswer(history.current, language);
  return {
    conversion_id: conversionUuid(installationUuid, history.id),
    webhook_id: history.sourceUuid,
    counter_id: history.counterId,
    conversion: conversionAnswer(row.conversion),
    sent_time: row.sentTime === null ? null : isoSecond(row.sentTime),
    ...current,
    revisions: history.revisions.map((one) => revisionAnswer(one, language)),
  };
}

/** What was told in one batch, with what became of it. */
function revisionAnswer({ row, batchUuid, toldAt, replacedAt }: ConversionRevision, language: Language) {
  return {
    revision: row.revision,
    price: row.conversion.price,
    currency: row.conversion.currency || null,
    batch_id: batchUuid,
    index: row.row,
    told_at: iso(toldAt),
    replaced_at: isoOrNull(replacedAt),
    upload_id: row.upload?.uuid ?? null,
    ...fateAnswer(row, language),
  };
}
