import type { RouteConfig, RouteHandler } from "@hono/zod-openapi";
import type { Env } from "hono";
import type { GenericSchema } from "valibot";
import type { Language, Localized } from "../language.ts";
import type { SourceOptions } from "../store/store.ts";
import type { Leftover, RawIntake, RawIntakeRoute } from "./raw-intake.ts";
import type { SourceContext } from "./source-context.ts";
import type { SenderVerifier, SentBody } from "./verifiers/verifier.ts";

/**
 * A plugin knows one kind of origin. It is code, listed in the gateway's configuration; a *source* is one configured use of
 * it, a row that people make and change while the gateway runs. The platform finds the source of each request, verifies
 * its sender and hands it over, so a plugin keeps no state of its own and ten thousand sources cost nothing.
 *
 * What a member throws harms nobody else: it is kept with the source, told to the operator, and tried again where that may help.
 * After the time that the platform gives a call, `source.signal` is aborted and nothing that the call still does is taken.
 */
export interface SourcePlugin<Config = unknown> {
  /** Version of this contract. */
  readonly apiVersion: 1;
  /** Lower case and hyphens; stands in routes, logs and metrics: "webhook-offline". */
  readonly name: string;
  /** Semantic version of the plugin. */
  readonly version: string;
  readonly title: Localized;
  readonly summary: Localized;
  /**
   * What a source of this plugin is configured with; checked when a source is made or changed, and before each use. `secret()`
   * marks what is encrypted and never shown. Its JSON Schema stands in `GET /v1/plugins`, from which the console makes its form:
   * give each field a `v.title` and a `v.description`.
   */
  readonly config: GenericSchema<unknown, Config>;
  /** The version of `config`; grows when a stored config must be changed to fit. Default 1. */
  readonly configVersion?: number;
  /**
   * Changes a stored config of an earlier version into one of this version; called before each use of such a source, until it is
   * saved again. What throws or does not fit lets the source wait for a person: its raw intakes are kept, the start goes on.
   */
  migrateConfig?(stored: Readonly<Record<string, unknown>>, fromVersion: number): unknown;
  /** What a new source has where nobody says otherwise. CRMs key by deal and send the best identifier: {@link crmDefaults}. */
  readonly defaults?: Partial<Pick<SourceOptions, "dedupeBy" | "identifiers">>;
  /** Where its routes are mounted; default `/sources/{name}`. Each route's path begins with the source's id, `/{source_id}`. */
  readonly basePath?: string;
  /**
   * How a sender proves itself; null only for a plugin without routes. Where it depends on the source's config, bodies are
   * read before any proof and every refusal is told in the same words, since an unknown source has no config.
   */
  readonly verify: SenderVerifier | ((config: Config) => SenderVerifier) | null;
  /** Called at start to declare the routes: once to check them, once to mount them. */
  routes?(router: SourceRouter<Config>): void;
  /**
   * Takes a raw intake: reads it, asks the CRM for what it lacks, emits the facts. Called after its sender was answered, at most a
   * few at once for a source and in the order in which they came; again after a {@link RetryLater}, a time-out or an unknown
   * error, with growing pauses, until it is given up as a dead letter; and again when a person replays it. So it may run twice for one intake: what
   * it emits is recognised by its key.
   * @returns the parts that became no conversion, each with its reason; none when all of it did
   * @throws {RetryLater} the CRM does not answer, or asks for patience
   * @throws {Unusable} nobody but a person can help: a wrong token, a body that is not the CRM's
   */
  handle?(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]>;
  /**
   * What is done by the clock: polling, cursors, scores. Called for each source when it is due, by one gateway at a time, never
   * twice at once for a source; also when a person says "now". With `dryRun` it emits nothing and changes no state: the platform
   * sees to both.
   * @throws {RetryLater} {Unusable} as `handle` does
   */
  readonly schedule?: {
    /** Five fields, in the source's time zone: "17 3 * * *". The platform spreads sources within the hour. */
    readonly defaultCron: string;
    run(
      source: SourceContext<Config>,
      run: { readonly due: Date; readonly dryRun: boolean },
    ): Promise<readonly Leftover[]>;
  };
  /** Tests the connection, when a person asks: calls the CRM with what is configured, changes nothing. */
  check?(source: SourceContext<Config>): Promise<Health>;
}

/** What a check of the connection found: every line is a thing that was tried. */
export interface Health {
  readonly checks: readonly {
    /** Stable, for programs: "token". */
    readonly code: string;
    readonly ok: boolean;
    /** What was found, and, when it is not well, the mend. */
    readonly message: Localized;
  }[];
}

/** CRMs tell of a deal again and again, and their deal number is a key, not an e-commerce purchase. */
export const crmDefaults = { dedupeBy: "purchase", identifiers: "best" } as const satisfies SourcePlugin["defaults"];

/** Whom a plugin's routes are declared to. */
export interface SourceRouter<Config> {
  /**
   * Declares a route that senders call and are answered by. The handler runs only after the source was found, its sender verified
   * and the source found active, and the route's `request.query` fits (`c.req.valid("query")`; headers and body are described by
   * the route and read by the handler); what it throws as `ProblemError` is answered as that problem, anything else as a 500.
   */
  intake<Route extends RouteConfig>(route: Route, handler: IntakeHandler<Route, Config>): void;
  /**
   * Declares a route whose requests are kept as they are, durably, answered at once, and handed to the plugin's `handle`
   * afterwards: for senders that give a gateway two seconds and switch their hook off after some refusals. Of a source that is
   * disabled, or that cannot be used, they are kept all the same and answered alike.
   */
  rawIntake(route: RawIntakeRoute): void;
}

/** One sentence: read the request, say the facts to the source, answer. */
export type IntakeHandler<Route extends RouteConfig, Config> = (
  c: Parameters<RouteHandler<Route, Env>>[0],
  source: SourceContext<Config>,
  sender: SenderRequest,
) => ReturnType<RouteHandler<Route, Env>>;

/** The request of a verified sender, read within the gateway's limits. */
export interface SenderRequest extends SentBody {
  /** From `Accept-Language`, else the source's own. */
  readonly language: Language;
  /** The id that the sender signed its message with, else the header `Idempotency-Key`, or null. */
  readonly idempotencyKey: string | null;
  /** Conversions that one request may carry. */
  readonly maxConversions: number;
  /**
   * The body as JSON; integers beyond 2^53 arrive as strings of their digits. `text` gives it as it was sent, a large one made
   * anew at each call. Its bytes are not kept, unless `raw` or `readForm` was called before: whoever wants them later, calls
   * `raw` first.
   * @throws {ProblemError} when it is too large, too slow, not UTF-8 or not JSON
   */
  readJson(): Promise<{ readonly value: unknown; readonly text: () => string }>;
}

/**
 * Checks a plugin's shape where it is written. The platform hands a plugin no config that its own schema has not made, so from
 * here on nobody needs to know the type.
 */
export function defineSource<Config>(plugin: SourcePlugin<Config>): SourcePlugin {
  return plugin as unknown as SourcePlugin;
}
