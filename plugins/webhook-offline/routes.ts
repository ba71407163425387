import {
  BatchStatus,
  ConversionInput,
  callerProblems,
  createRoute,
  DryRun,
  jsonBody,
  jsonResponse,
  ProblemError,
  problemResponses,
  quoteValue,
  Receipt,
  type SenderRequest,
  type SourceRouter,
  z,
} from "metrika-gateway/plugin";
import * as v from "valibot";
import { crmExample, specificationExample } from "./examples.ts";
import { bodyHash, idempotencyKey } from "./idempotency.ts";
import { toConversions } from "./to-conversions.ts";

const webhookId = z.string().openapi({ param: { name: "webhook_id", in: "path" }, description: "The webhook's id" });
const tags = ["Offline conversions"];
const security = [{ webhookSecret: [] }, { apiKey: [] }, { session: [] }];

const postConversions = createRoute({
  method: "post",
  path: "/{webhook_id}",
  operationId: "postConversions",
  tags,
  security,
  summary: "Send offline conversions",
  description:
    "Good rows are accepted beside bad ones. A 202 means that the accepted conversions are durably stored; they are uploaded to Metrika afterwards. Repeats are recognised and not counted again.",
  request: {
    params: z.object({ webhook_id: webhookId }),
    query: z.object({
      mode: z
        .string()
        .optional()
        .openapi({
          enum: ["normal", "strict", "dry_run"],
          description:
            "`strict` refuses the whole request if one row is bad; `dry_run` checks everything and stores nothing",
        }),
    }),
    headers: z.object({
      "idempotency-key": z
        .string()
        .optional()
        .openapi({ description: "Repeating a request with the same key within 24 hours answers as the first time" }),
    }),
    body: jsonBody(v.object({ conversions: v.array(ConversionInput) }), {
      description: "Up to 100,000 conversions or 64 MiB",
      examples: {
        specification: { summary: "One sale", value: specificationExample },
        crm: { summary: "Sales of a CRM", value: crmExample },
      },
    }),
  },
  responses: {
    200: jsonResponse(DryRun, { description: "`mode=dry_run`: what would be stored and sent" }),
    202: jsonResponse(Receipt, { description: "Accepted: durably stored, not yet delivered" }),
    ...problemResponses(
      "malformed_json",
      "invalid_encoding",
      "conversions_missing",
      "mode_unknown",
      "idempotency_key_format",
      "secret_missing",
      "secret_wrong",
      ...callerProblems,
      "webhook_disabled",
      "request_timeout",
      "body_too_large",
      "too_many_conversions",
      "unsupported_media_type",
      "conversions_empty",
      "all_rejected",
      "strict_rejected",
      "idempotency_key_reused",
      "overloaded",
      "storage_unavailable",
    ),
  },
});

const readStatus = createRoute({
  method: "get",
  path: "/{webhook_id}/status",
  operationId: "readBatchStatus",
  tags,
  security,
  summary: "Read what became of a batch",
  request: {
    params: z.object({ webhook_id: webhookId }),
    query: z.object({ batch_id: z.string().openapi({ description: "From the answer to the POST" }) }),
  },
  responses: {
    200: jsonResponse(BatchStatus, { description: "The batch with all that is known of its rows and files" }),
    ...problemResponses(
      "secret_missing",
      "secret_wrong",
      ...callerProblems,
      "webhook_disabled",
      "batch_not_found",
      "invalid_field",
    ),
  },
});

/** In a function of its own: the bytes of a large body are not kept while its rows are written. */
async function readRows(sender: SenderRequest, mode: string, key: string | null) {
  const { value, text } = await sender.readJson();
  const rows = toConversions(value, sender.maxConversions);
  return { rows, idempotency: key === null ? null : { key, bodyHash: bodyHash(mode, text()) } };
}

const MODES = ["normal", "strict", "dry_run"] as const;

/** The webhook's two routes for senders, as specified. */
export function intakeRoutes(router: SourceRouter<object>): void {
  router.intake(postConversions, async (c, source, sender) => {
    const mode = modeOf(c.req.query("mode"));
    const key = idempotencyKey(sender.idempotencyKey);
    const { rows, idempotency } = await readRows(sender, mode, key);
    const receipt = await source.emit(rows, { mode, idempotency });
    const refused = receipt.rejections.length;
    if (mode === "dry_run") return c.json(source.dryRunAnswer(receipt, sender.language), 200);
    if (refused > 0 && (mode === "strict" || refused === rows.length)) {
      const code = mode === "strict" ? "strict_rejected" : "all_rejected";
      throw new ProblemError(
        code,
        { rejected_count: refused },
        {
          members: (language) => {
            const { status: _, ...told } = source.receiptAnswer(receipt, language);
            return { ...told, accepted_count: 0 };
          },
        },
      );
    }
    return c.json(source.receiptAnswer(receipt, sender.language), 202);
  });

  router.intake(readStatus, async (c, source, sender) => {
    const batchId = c.req.valid("query").batch_id;
    const status = await source.batchAnswer(batchId, sender.language);
    if (status === null) throw new ProblemError("batch_not_found", { batch_id: quoteValue(batchId) });
    return c.json(status, 200);
  });
}

function modeOf(given: string | undefined): (typeof MODES)[number] {
  if (given === undefined || given === "") return "normal";
  const mode = MODES.find((known) => known === given);
  if (mode === undefined) throw new ProblemError("mode_unknown", { mode: quoteValue(given) });
  return mode;
}
