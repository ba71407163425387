import { z } from "@hono/zod-openapi";
import * as v from "valibot";
import type { Localized } from "../../core/language.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";
import { deadLetterReasons } from "../../core/store/port/dead-letters.ts";
import { replayStates } from "../../core/store/port/replays.ts";
import { notAnInstant } from "../http/instant.ts";

/** Sentences for what may be wrong with a filter. */
export const filterChecks = {
  instant_format: notAnInstant,
  no_such: {
    ru: "Нет такого: «{received}». Возьмите идентификатор из списка или ответа шлюза.",
    en: "There is no “{received}”. Take the id from a list or an answer of the gateway.",
  },
} satisfies Record<string, Localized>;

const counter = z.coerce.number().int().min(1);

/** The filter as a query. */
export const filterQuery = {
  reason: z.enum(deadLetterReasons).optional(),
  webhook_id: z.string().optional(),
  counter_id: counter.optional(),
  batch_id: z.string().optional(),
  upload_id: z.string().optional(),
  target: z.string().optional(),
  received_from: z.string().optional().openapi({ description: "An instant: batches received from then on" }),
  received_before: z.string().optional().openapi({ description: "An instant: batches received before it" }),
};

const id = v.optional(v.string());

/** The filter in a body, and whether only to count. */
export const NewReplay = v.pipe(
  v.strictObject({
    reason: v.optional(v.pipe(v.picklist(deadLetterReasons), v.description("Default: every reason"))),
    webhook_id: id,
    counter_id: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    batch_id: id,
    upload_id: v.optional(v.pipe(v.string(), v.description("A failed upload"))),
    target: v.optional(v.string()),
    received_from: v.optional(v.pipe(v.string(), v.description("An instant: batches received from then on"))),
    received_before: v.optional(v.pipe(v.string(), v.description("An instant: batches received before it"))),
    dry_run: v.optional(v.pipe(v.boolean(), v.description("Only count. Default: false"))),
  }),
  component("NewReplay"),
);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.nullable(v.string());

/** Dead letters that have their end in common. */
export const DeadLetters = v.pipe(
  v.object({
    reason: v.picklist(deadLetterReasons),
    counter_id: count,
    rows: v.pipe(count, v.description("Conversions that a replay would bring back")),
    code: v.string(),
    message: v.pipe(v.string(), v.description("What happened and what to do")),
    upload_id: v.pipe(text, v.description("The failed upload; null for conversions that were in none")),
    failed_at: text,
    webhook_id: v.pipe(text, v.description("Null for a failed upload, which may hold conversions of several")),
    target: text,
    received_at: v.pipe(text, v.description("Of conversions in no upload: when the newest arrived")),
  }),
  component("DeadLetters"),
);

/** What a replay would bring back. */
export const ReplayCount = v.pipe(
  v.object({
    dry_run: v.literal(true),
    rows: count,
    by_reason: v.object({ failed: count, goal_not_found: count, cancelled: count }),
  }),
  component("ReplayCount"),
);

/** A replay and how far it is. */
export const Replay = v.pipe(
  v.object({
    replay_id: v.string(),
    state: v.picklist(replayStates),
    filter: v.object({
      reason: v.nullable(v.picklist(deadLetterReasons)),
      webhook_id: text,
      counter_id: v.nullable(count),
      batch_id: text,
      upload_id: text,
      target: text,
      received_from: text,
      received_before: text,
    }),
    matched: v.pipe(count, v.description("Conversions that it meant when it was made")),
    replayed: v.pipe(count, v.description("Conversions brought back so far")),
    created_at: v.string(),
    updated_at: v.string(),
    ended_at: text,
  }),
  component("Replay"),
);
