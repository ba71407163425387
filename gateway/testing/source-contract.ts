import { describe, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import * as v from "valibot";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import { secretPaths } from "../../core/plugin/secret.ts";
import { configureLogging } from "../logging.ts";
import { checkMembers } from "../plugins/check-members.ts";
import { basePathOf, checkRoutes } from "../plugins/check-routes.ts";
import type { SourceSample } from "./send-sample.ts";
import {
  SourceRefused,
  type StartedSource,
  type StartOptions,
  startSource,
  type TestConversion,
} from "./start-source.ts";

/** A real request and what must become of it. */
export interface SourceExample {
  readonly name: string;
  readonly request: SourceSample;
  /** In place of the contract's config. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** All of them, in order, each with every field that it has. */
  readonly conversions: readonly TestConversion[];
  /** Codes of what became no conversion; default: none. */
  readonly leftovers?: readonly string[];
}

/** What the contract of a plugin is run with. */
export interface SourceContractOptions {
  /** One that fits, with every secret set. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Configs that must be refused, each with the field that is named: "config.targets". */
  readonly junkConfigs?: readonly { readonly config: Readonly<Record<string, unknown>>; readonly field: string }[];
  readonly examples: readonly SourceExample[];
  /** Further members of the source, see `StartOptions`. */
  readonly options?: StartOptions["options"];
  readonly fetch?: StartOptions["fetch"];
  /** When the examples arrive. */
  readonly now: Date;
}

const Refusal = v.object({ errors: v.array(v.object({ field: v.string() })) });
const Operation = v.looseObject({
  operationId: v.string(),
  summary: v.string(),
  requestBody: v.optional(
    v.object({
      content: v.record(
        v.string(),
        v.looseObject({ example: v.optional(v.unknown()), examples: v.optional(v.unknown()) }),
      ),
    }),
  ),
  responses: v.record(v.string(), v.looseObject({ content: v.optional(v.record(v.string(), v.unknown())) })),
});
const Document = v.object({ paths: v.record(v.string(), v.record(v.string(), v.unknown())) });

/** The suite that every plugin runs: declares its tests for bun:test. */
export function sourceContract(plugin: SourcePlugin, options: SourceContractOptions): void {
  const { config, junkConfigs = [], examples, now } = options;
  const start = (own?: SourceExample["config"]) =>
    startSource(plugin, {
      ...{ config: own ?? config, now },
      ...(options.options && { options: options.options }),
      ...(options.fetch && { fetch: options.fetch }),
    });

  describe(`the contract of the plugin ${plugin.name}`, () => {
    test("its members and routes are what the gateway expects", () => {
      const checked = checkMembers(plugin);
      expect(checked).toMatchObject({ ok: true });
      expect(checkRoutes(plugin, { basePaths: new Map(), operationIds: new Map() }).faults).toEqual([]);
    });

    for (const { config: junk, field } of junkConfigs) {
      test(`the config ${JSON.stringify(junk)} is refused, and ${field} is named`, async () => {
        expect(await fieldsRefusedOf(() => start(junk))).toContain(field);
      });
    }

    for (const example of examples) {
      test(`${example.name}: gives exactly its conversions, and nothing more when it comes again`, async () => {
        await using source = await start(example.config);
        for (const _ of ["first", "again"]) {
          expect(await outcomeOf(source, example.request)).toEqual({
            conversions: [...example.conversions],
            leftovers: [...(example.leftovers ?? [])],
          });
        }
        expect(countedTwice(source)).toEqual([]);
      });
    }

    const [sample] = examples;
    if (sample !== undefined) {
      test("a sender with a wrong proof, or none, is refused, and nothing of it is stored", async () => {
        await using source = await start(sample.config);
        for (const proof of ["wrong", "none"] as const) {
          const answer = await source.send({ ...sample.request, proof });
          expect([proof, answer.status === 401 || answer.status === 403]).toEqual([proof, true]);
        }
        await source.settle();
        expect([await source.conversions(), await source.rawIntakes()]).toEqual([[], []]);
      });

      test("its secrets stand in no answer, no document and no line of the log", async () => {
        const { told, secrets } = await everythingTold(
          plugin,
          sample,
          () => start(sample.config),
          sample.config ?? config,
        );
        expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
      });

      test("nothing is under way any more once it is closed", async () => {
        const timers = countTimers();
        try {
          const source = await start(sample.config);
          await outcomeOf(source, sample.request);
          expect(await source.close()).toEqual([]);
          expect(timers.left()).toBe(0);
        } finally {
          timers.restore();
        }
      });
    }

    test("every route is described, with an example of its body and with the problems it answers", async () => {
      await using source = await start(sample?.config);
      const { paths } = v.parse(Document, await (await source.request("/openapi.json")).json());
      const own = Object.entries(paths).filter(([path]) => path.startsWith(`${basePathOf(plugin)}/{`));
      const lacks = own.flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, operation]) =>
          lacksOf(operation).map((lack) => `${method.toUpperCase()} ${path} lacks ${lack}`),
        ),
      );
      expect(lacks).toEqual([]);
      expect(own.length > 0 || plugin.routes === undefined).toBe(true);
    });
  });
}

async function fieldsRefusedOf(begin: () => Promise<StartedSource>): Promise<readonly string[]> {
  try {
    await (await begin()).close();
    return [];
  } catch (error) {
    if (!(error instanceof SourceRefused)) throw error;
    return v.parse(Refusal, error.answer).errors.map(({ field }) => field);
  }
}

/** Sends a sample and tells what has become of it: all conversions of the source, and what this request left over. */
export async function outcomeOf(source: StartedSource, sample: SourceSample) {
  const before = (await source.rawIntakes()).length;
  const answer = await source.send(sample);
  if (!answer.ok) throw new Error(`The sample was refused with ${answer.status}: ${await answer.text()}`);
  await source.settle();
  const kept = (await source.rawIntakes()).slice(before);
  const failed = kept.filter(({ state }) => state === "failed").map(({ errorCode }) => errorCode ?? "failed");
  const leftovers = [...kept.flatMap((intake) => intake.leftovers.map(({ code }) => code)), ...failed];
  return { conversions: await source.conversions(), leftovers };
}

/** Rows that were uploaded to Metrika more than once. */
const countedTwice = ({ simulator }: StartedSource) =>
  simulator.ledger.conversions().filter(({ timesUploaded }) => timesUploaded > 1);

function lacksOf(operation: unknown): readonly string[] {
  const parsed = v.safeParse(Operation, operation);
  if (!parsed.success) return parsed.issues.map((issue) => v.getDotPath(issue) ?? "its description");
  const { requestBody, responses } = parsed.output;
  const contents = Object.values(requestBody?.content ?? {});
  const hasExample = contents.every(({ example, examples }) => example !== undefined || examples !== undefined);
  const problems = Object.entries(responses).filter(([status]) => /^4/.test(status));
  const areProblems = problems.every(([, { content }]) => "application/problem+json" in (content ?? {}));
  return [
    ...(hasExample ? [] : ["an example of its body"]),
    ...(problems.length > 0 && areProblems ? [] : ["problem answers"]),
  ];
}

/** Runs a sample and gathers whatever can be read of it afterwards, but for the answer that shows a new secret once. */
async function everythingTold(
  plugin: SourcePlugin,
  sample: SourceExample,
  begin: () => Promise<StartedSource>,
  config: Readonly<Record<string, unknown>>,
) {
  const told: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => told.push(line) });
  try {
    await using source = await begin();
    told.push(await (await source.send(sample.request)).text());
    await source.send({ ...sample.request, proof: "wrong" });
    await source.settle();
    for (const path of ["/openapi.json", "/v1/plugins", "/v1/sources", `/v1/sources/${source.id}`])
      told.push(await (await source.manage(path)).text());
    const ofConfig = secretPaths(plugin.config).map((path) => valueAt(config, path));
    const secrets = [source.secret, ...ofConfig].filter((secret) => typeof secret === "string" && secret !== "");
    return { told: told.join("\n"), secrets: secrets.map(String) };
  } finally {
    resetSync();
  }
}

function valueAt(config: unknown, path: string): unknown {
  let value = config;
  for (const name of path.split("."))
    value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return value;
}

/** Counts the intervals that were begun and not ended. */
function countTimers() {
  const { setInterval: begin, clearInterval: end } = globalThis;
  const open = new Set<unknown>();
  globalThis.setInterval = Object.assign((...given: Parameters<typeof begin>) => {
    const timer = begin(...given);
    open.add(timer);
    return timer;
  }, begin);
  globalThis.clearInterval = (timer) => {
    open.delete(timer);
    Reflect.apply(end, globalThis, [timer]);
  };
  return {
    left: () => open.size,
    restore() {
      Object.assign(globalThis, { setInterval: begin, clearInterval: end });
    },
  };
}
