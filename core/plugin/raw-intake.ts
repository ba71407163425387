import type { Localized } from "../language.ts";
import type { SentBody } from "./verifiers/verifier.ts";

/** A route whose requests are kept as they are and handled afterwards, see `SourceRouter.rawIntake`. */
export interface RawIntakeRoute {
  /** Begins with the source's id: "/{source_id}", "/{source_id}/{secret}". */
  readonly path: `/{source_id}${string}`;
  readonly methods: readonly ("get" | "post")[];
  /** Unique in the document: "receiveAmocrmHook". */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Real messages for the document, by content type. */
  readonly examples: Readonly<Record<string, unknown>>;
  /** Headers that `handle` needs, lower case; the content type is always kept. */
  readonly keepHeaders?: readonly string[];
  /**
   * Whether a request without a proof only asks if anybody is there, as WooCommerce's ping and Tilda's `test=test` do: answered,
   * and not kept.
   */
  isGreeting?(sent: SentBody & { readonly method: string; readonly url: string }): boolean | Promise<boolean>;
  /** Answered with 200; default: JSON with the id of the intake. */
  readonly answer?: { readonly type: string; readonly body: string };
}

/** A request that was kept, as it came. */
export interface RawIntake {
  /** The intake's public id. */
  readonly id: string;
  readonly receivedAt: Date;
  /** 1 at first; grows with each repetition and replay. */
  readonly attempt: number;
  readonly method: "GET" | "POST";
  /** Without the sender's secret. */
  readonly query: URLSearchParams;
  /** Those that the route keeps. */
  readonly headers: Headers;
  /** The bytes of the body, unpacked. */
  raw(): Uint8Array;
  /** @throws {ProblemError} `invalid_encoding` */
  text(): string;
  /**
   * The body as a form or as JSON, see {@link SentBody.readForm}.
   * @throws {ProblemError} for what is neither
   */
  readForm(): Promise<unknown>;
}

/** A part of an intake or run that became no conversion, and why. */
export interface Leftover {
  /** What it is about, in the CRM's words: "lead 2050297". Stands in lists: no names, phones or addresses. */
  readonly subject: string;
  /** Stable, for programs: "stage_not_mapped". */
  readonly code: string;
  readonly message: Localized;
  /** `nothing`: as it should be. `person`: set aside until somebody mends the config or the CRM; a replay takes it again. */
  readonly needs: "nothing" | "person";
}

/** Thrown by a plugin: not now, but later it may work. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  readonly reason: Localized;
  /** Null: the platform chooses. */
  readonly afterSeconds: number | null;
  constructor(reason: Localized, afterSeconds: number | null = null, options?: ErrorOptions) {
    super(reason.en, options);
    this.reason = reason;
    this.afterSeconds = afterSeconds;
  }
}

/**
 * Thrown by a plugin: only a person can help. The codes `token_refused` and `access_denied` speak of the source's access rather than of
 * one request: after some of them in a row the source rests, so that the requests behind them wait instead of failing one by one.
 */
export class Unusable extends Error {
  override readonly name = "Unusable";
  /** Stable, for programs: "token_refused". */
  readonly code: string;
  readonly reason: Localized;
  constructor(code: string, reason: Localized, options?: ErrorOptions) {
    super(reason.en, options);
    this.code = code;
    this.reason = reason;
  }
}
