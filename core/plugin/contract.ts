import type { RouteConfig, RouteHandler } from "@hono/zod-openapi";
import type { Env } from "hono";
import type { GenericSchema } from "valibot";
import type { AcceptOptions } from "../intake/accept.ts";
import type { Receipt } from "../intake/receipt.ts";
import type { Language, Localized } from "../language.ts";
import type { batchAnswer, dryRunAnswer, receiptAnswer } from "./answers.ts";
import type { SenderVerifier, SentBody } from "./verifiers/verifier.ts";

/**
 * A plugin knows one kind of origin. It is code, listed in the gateway's configuration; a *source* is one configured use of
 * it, a row that people make and change while the gateway runs. The platform finds the source of each request, verifies
 * its sender and hands it over, so a plugin keeps no state of its own and ten thousand sources cost nothing.
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
  /** What a source of this plugin is configured with; checked when a source is made or changed, and before each use. */
  readonly config: GenericSchema<unknown, Config>;
  /** Where its routes are mounted; default `/sources/{name}`. Each route's path begins with the source's id, `/{source_id}`. */
  readonly basePath?: string;
  /**
   * How a sender proves itself; null only for a plugin without routes. Where it depends on the source's config, bodies are
   * read before any proof and every refusal is told in the same words, since an unknown source has no config.
   */
  readonly verify: SenderVerifier | ((config: Config) => SenderVerifier) | null;
  /** Called once, at start, to declare the routes. */
  routes?(router: SourceRouter<Config>): void;
}

/** Whom a plugin's routes are declared to. */
export interface SourceRouter<Config> {
  /**
   * Declares a route that senders call. The handler runs only after the source was found, its sender verified and the
   * source found active, and the route's `request.query` fits (`c.req.valid("query")`; headers and body are described by
   * the route and read by the handler); what it throws as `ProblemError` is answered as that problem, anything else as a 500.
   */
  intake<Route extends RouteConfig>(route: Route, handler: IntakeHandler<Route, Config>): void;
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

/** How an intake is to be taken. */
export interface EmitOptions {
  /** Default `normal`: good rows are taken beside bad ones. */
  readonly mode?: AcceptOptions["mode"];
  /** Makes a repeated call with the same key answer as the first one did, for 24 hours. */
  readonly idempotency?: AcceptOptions["idempotency"];
}

/** One source, for the length of one request or run. */
export interface SourceContext<Config> {
  /** The source's public id. */
  readonly id: string;
  readonly counterId: number;
  readonly config: Config;
  /**
   * Hands facts to the sink, each in the shape of `ConversionInput`. When it resolves, the accepted ones are on disk: only
   * then may the sender be told so.
   * @throws {ProblemError} `overloaded`, `storage_unavailable`, `idempotency_key_reused`: nothing was taken
   */
  emit(facts: readonly unknown[], options?: EmitOptions): Promise<Receipt>;
  /** A receipt in the API's words. */
  receiptAnswer(receipt: Receipt, language: Language): ReturnType<typeof receiptAnswer>;
  /** A dry run's receipt in the API's words, with the file that would be sent. */
  dryRunAnswer(receipt: Receipt, language: Language): ReturnType<typeof dryRunAnswer>;
  /** The status of a batch of this source; null when it has no such batch. */
  batchAnswer(batchId: string, language: Language): Promise<Awaited<ReturnType<typeof batchAnswer>> | null>;
}

/** Checks a plugin's shape where it is written. */
export function defineSource<Config>(plugin: SourcePlugin<Config>): SourcePlugin<Config> {
  return plugin;
}
