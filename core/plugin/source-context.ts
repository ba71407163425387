import type { Logger } from "@logtape/logtape";
import type { AcceptOptions } from "../intake/accept.ts";
import type { Receipt } from "../intake/receipt.ts";
import type { Language } from "../language.ts";
import type { batchAnswer, dryRunAnswer, receiptAnswer } from "./answers.ts";

/** The part of the standard fetch that plugins need. */
export type SourceFetch = (url: string, init?: RequestInit) => Promise<Response>;

/** One source, for the length of one request, raw intake or run. */
export interface SourceContext<Config> {
  /** The source's public id. */
  readonly id: string;
  readonly counterId: number;
  readonly config: Config;
  /** Zone of times that state none: an IANA name or an offset. */
  readonly timeZone: string;
  /** Of a price that states none, ISO 4217. */
  readonly defaultCurrency: string;
  /** Language of messages where the sender names none. */
  readonly language: Language;
  /**
   * Hands facts to the sink, each in the shape of `ConversionInput`. When it resolves, the accepted ones are on disk: only
   * then may the sender be told so.
   * @throws {ProblemError} `overloaded`, `storage_unavailable`, `idempotency_key_reused`, `too_many_conversions`,
   *   `counter_not_allowed`: nothing was taken
   * @throws {TypeError} a list of `options` is not as long as `facts`, or a key is empty
   */
  emit(facts: readonly unknown[], options?: EmitOptions): Promise<Receipt>;
  /** A receipt in the API's words. */
  receiptAnswer(receipt: Receipt, language: Language): ReturnType<typeof receiptAnswer>;
  /** A dry run's receipt in the API's words, with the file that would be sent. */
  dryRunAnswer(receipt: Receipt, language: Language): ReturnType<typeof dryRunAnswer>;
  /** The status of a batch of this source; null when it has no such batch. */
  batchAnswer(batchId: string, language: Language): Promise<Awaited<ReturnType<typeof batchAnswer>> | null>;
  /** What the plugin keeps of the source: cursors, tokens of the CRM. Survives restarts and is the same on every machine. */
  readonly state: SourceState;
  /**
   * Asks the world: https, or http where the operator allows it; never the operator's own network. Redirects are not followed, an answer
   * of more than 20 MB and a silence of 30 seconds are errors. Tests replace it.
   * @throws {ForbiddenAddress} for an address that must not be asked
   */
  readonly fetch: SourceFetch;
  /**
   * Reckons a JSONata expression that a tenant wrote, in a worker of its own with a second and a bounded memory. The functions of
   * JSONata are there; nothing of the gateway is.
   * @param input JSON
   * @throws {ExpressionError} it does not parse, fails, or takes too long: says where and why
   */
  evaluate(expression: string, input: unknown): Promise<unknown>;
  /** Of this source; tokens and secrets in what is logged are masked, but better left out. */
  readonly log: Logger;
  /** Aborted when the call's time is over or the gateway stops. */
  readonly signal: AbortSignal;
  now(): Date;
  /** Tells a person who watches a run how far it is. */
  progress(done: number, total?: number): void;
}

/** How an intake is to be taken. */
export interface EmitOptions {
  /** Default `normal`: good rows are taken beside bad ones. */
  readonly mode?: AcceptOptions["mode"];
  /** Makes a repeated call with the same key answer as the first one did, for 24 hours. */
  readonly idempotency?: AcceptOptions["idempotency"];
  /**
   * The key by which each fact is known whatever its time, where the source dedupes by purchase: "account:deal" (the target is
   * part of it anyway), 1 to 500 characters; a fact with a longer one is refused. In the order of the facts; null: by the fact's `purchase_id`, as without keys. Told again
   * with another price, a fact is corrected; with another time or other identifiers it stays as it was first told.
   */
  readonly keys?: readonly (string | null)[];
  /**
   * A counter other than the source's own, one of those that its options allow. Its goals judge the targets, and a fact is known
   * within it: the same fact for another counter is another one. Facts for several counters are told by a call for each.
   */
  readonly counterId?: number;
  /**
   * By whom each fact's buyer can be reached, in the order of the facts. Looked at only where the source says `match_by_contact: md5`,
   * for a fact of which nothing but an identifier is missing: it stands among the receipt's rejections as `kept_by_contact`, which
   * needs nobody, and is kept by the hashes of these, never by these. Known by its key, else by target, second and contact: told again
   * with another price it is kept with that. With `mode: "strict"` nothing is kept.
   */
  readonly contacts?: readonly (Contact | null)[];
}

/** Phones and e-mail addresses of a buyer, as the CRM has them; the first that can be read counts. */
export interface Contact {
  readonly phones: readonly string[];
  readonly emails: readonly string[];
}

/** What a plugin keeps of one source. All of it is encrypted at rest. */
export interface SourceState {
  /** Null when nothing is kept under the name. */
  get(name: string): Promise<unknown>;
  /** @param value JSON; null forgets it */
  set(name: string, value: unknown): Promise<void>;
  /**
   * Does what only one may do at a time for this source, on any machine, such as trading a refresh token that works once. Waits for
   * its turn. What is set meanwhile is kept even by a dry run: the token was traded in the world, and its successor must not be lost.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}
