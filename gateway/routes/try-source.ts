import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { type Language, quoteValue } from "../../core/language.ts";
import { DryRun } from "../../core/plugin/answer-schemas.ts";
import { dryRunAnswer } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import type { RawIntake } from "../../core/plugin/raw-intake.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { currentSecrets } from "../../core/sources/kept-config.ts";
import { openContent, toRawIntake } from "../../core/sources/raw-intakes/content.ts";
import { type Trial, trySample } from "../../core/sources/try-sample.ts";
import type { SourceRecord } from "../../core/store/store.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { parseFormBody } from "../http/read-form.ts";
import { readJson } from "../http/read-json.ts";
import { decodeUtf8 } from "../http/utf8.ts";
import type { RouteDeps } from "./deps.ts";
import { readConfig } from "./source-input.ts";

/** The longest request that is pasted, in characters. */
const LONGEST_SAMPLE = 1_048_576;

const Sample = v.strictObject({
  content_type: v.optional(v.pipe(v.string(), v.maxLength(200), v.description("Default: application/json"))),
  headers: v.optional(v.pipe(v.record(v.string(), v.string()), v.description("Those that the plugin looks at"))),
  query: v.optional(v.pipe(v.string(), v.maxLength(10_000), v.description("As in an address: a=1&b=2"))),
  body: v.optional(v.pipe(v.string(), v.maxLength(LONGEST_SAMPLE), v.description("As it is sent"))),
});

/** What is to be tried. */
const TrialBody = v.pipe(
  v.strictObject({
    config: v.optional(
      v.pipe(
        v.record(v.string(), v.unknown()),
        v.description("In place of the source's; secrets that are left out are those that it has"),
      ),
    ),
    sample: v.optional(v.pipe(Sample, v.description("A request as the sender makes it"))),
    intake_id: v.optional(v.pipe(v.string(), v.description("Or one that was kept"))),
  }),
  component("SourceTrial"),
);

const Sentence = v.object({ code: v.string(), message: v.string() });

/** What became of it. */
const TrialAnswer = v.pipe(
  v.object({
    told: v.pipe(
      v.array(v.object({ counter_id: v.number(), ...DryRun.entries })),
      v.description("What the plugin handed over, counter by counter, as it would be sent"),
    ),
    leftovers: v.array(
      v.object({ subject: v.string(), ...Sentence.entries, needs: v.picklist(["nothing", "person"]) }),
    ),
    error: v.pipe(v.nullable(Sentence), v.description("Why the request would not be handled; null: it would")),
  }),
  component("SourceTrialAnswer"),
);

const trySource = createRoute({
  method: "post",
  path: "/v1/sources/{source_id}/try",
  operationId: "trySource",
  tags: ["Sources"],
  ...guarded("edit"),
  summary: "See what a request would become",
  description:
    "Handles a pasted or a kept request with the source's config, or with another one, and stores nothing. What the plugin asks of its CRM, it asks.",
  request: {
    params: z.object({ source_id: z.string() }),
    body: jsonBody(TrialBody, {
      description: "A request, and perhaps another config",
      example: { sample: { content_type: "application/json", body: '{"order": {"id": 7}}' } },
    }),
  },
  responses: {
    200: jsonResponse(TrialAnswer, { description: "What it would become, whether that is well or not" }),
    ...problemResponses(...accessProblems, "not_found", "malformed_json", "invalid_field"),
    ...problemResponses("plugin_unlisted", "source_waiting", "trial_unavailable"),
  },
});

/** Trying a request before its sender does. */
export function trySourceRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, vault, catalogue } = deps;

  /** The config that is tried. */
  function configOf(source: SourceRecord, given: Readonly<Record<string, unknown>> | undefined): unknown {
    const listed = catalogue.find(source.plugin);
    if (listed === null) throw new ProblemError("plugin_unlisted", { plugin: source.plugin });
    if (listed.plugin.handle === undefined) throw new ProblemError("trial_unavailable", { plugin: source.plugin });
    if (given !== undefined) return readConfig(listed, given, currentSecrets(vault, source, listed)).config;
    const opened = deps.openConfig(source);
    if (!opened.ok) throw new ProblemError("source_waiting", { reason: opened.reason });
    return opened.config;
  }

  async function keptIntake(source: SourceRecord, id: string): Promise<RawIntake> {
    const intake = await store.rawIntakes.find(source.id, id);
    const sealed = intake && (await store.rawIntakes.contentOf(intake.id));
    if (!intake || !sealed) throw new ProblemError("not_found", { path: quoteValue(`…/raw-intakes/${id}`) });
    return toRawIntake(intake, openContent(vault, intake.uuid, sealed), { text: decodeUtf8, form: parseFormBody });
  }

  router.openapi(trySource, async (c) => {
    const { workspaceId } = await deps.authorize(c, trySource);
    const source = await store.sources.findByUuid(c.req.param("source_id"));
    if (source?.workspaceId !== workspaceId) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    const asked = parseBody(TrialBody, await readJson(c.req.raw, deps.limits));
    const config = configOf(source, asked.config);
    const plugin = catalogue.find(source.plugin)?.plugin;
    if (!plugin) throw new Error(`The plugin ${source.plugin} was there a moment ago.`);
    const intake =
      asked.intake_id === undefined
        ? sampleIntake(asked.sample ?? {}, deps.now())
        : await keptIntake(source, asked.intake_id);
    c.set("fallbackLanguage", source.language);
    const trial = await trySample(deps.contexts, { plugin, source, config, intake });
    return c.json(answerOf(trial, source, languageOf(c), store.installation.uuid), 200);
  });

  return router;
}

function sampleIntake(sample: v.InferOutput<typeof Sample>, now: number): RawIntake {
  const bytes = Buffer.from(sample.body ?? "");
  const type = sample.content_type ?? "application/json";
  return {
    ...{ id: "00000000-0000-0000-0000-000000000000", receivedAt: new Date(now), attempt: 1 },
    method: sample.body === undefined ? "GET" : "POST",
    query: new URLSearchParams(sample.query),
    headers: new Headers({ ...sample.headers, "content-type": type }),
    raw: () => bytes,
    text: () => decodeUtf8(bytes),
    readForm: () => parseFormBody(bytes, type),
  };
}

function answerOf({ told, leftovers, error }: Trial, source: SourceRecord, language: Language, installation: string) {
  const { identifiers } = source.options;
  return {
    told: told.map(({ counterId, receipt }) => ({
      counter_id: counterId,
      ...dryRunAnswer(receipt, language, identifiers, installation),
    })),
    leftovers: leftovers.map(({ subject, code, message, needs }) => ({
      subject,
      code,
      message: message[language],
      needs,
    })),
    error: error && { code: error.code, message: error.reason[language] },
  };
}
