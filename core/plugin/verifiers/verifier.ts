import type { Localized } from "../../language.ts";

/**
 * What was found of a sender's proof. `missing`: none was sent. `wrong`: it is not the source's, or there is no such source;
 * both take the same time and are answered in the same words. `stale`: its time is missing or too far from now, which is
 * judged before anything of the source is looked at.
 */
export type Proof = "right" | "missing" | "wrong" | "stale";

/**
 * How a source keeps its secret. `hash`: senders show it, so its SHA-256 is enough. `key`: they sign with it, so it must be
 * read again and is kept sealed.
 */
export type SecretKind = "hash" | "key";

/**
 * Who makes a source's secret. `gateway`: we do, and its owner gives it to the sender. `sender`: it is the sender's, and its owner
 * tells us. `either`: we do, unless its owner gives one.
 */
export type SecretOrigin = "gateway" | "sender" | "either";

/** The secrets of a source that are valid now, two of them during a rotation; an unknown source has none. */
export interface SenderSecrets {
  /** SHA-256 of each secret, where the verifier keeps a `hash`. */
  readonly hashes: readonly Uint8Array[];
  /** Each key as it was given, where the verifier keeps a `key`. */
  readonly keys: readonly string[];
}

/** What a sender has sent, for a proof that stands in the body or is made over it. The body is read once, for all. */
export interface SentBody {
  readonly headers: Headers;
  /**
   * The bytes of the body, unpacked. They are kept for the length of the request: ask for them before anything else is read.
   * @throws {ProblemError} when the body is too large, too slow or damaged
   */
  raw(): Promise<Uint8Array>;
  /**
   * The body as a form or as JSON, by what it is. Brackets of a form make objects without a prototype; indexes make a list
   * without gaps, except those beyond 999 that do not follow one another, which are names. A name that comes twice makes a
   * list, also where a sender uses it with and without brackets (amoCRM does). Of JSON, integers beyond 2^53 arrive as
   * strings of their digits.
   * @throws {ProblemError} as `raw`, and for what is neither, not UTF-8, too deep or of too many fields
   */
  readForm(): Promise<unknown>;
}

interface Verifier {
  readonly keeps: SecretKind;
  /** Where the proof travels, as the end of a sentence: "in the header X-Webhook-Secret". */
  readonly place: Localized;
  readonly secretFrom: SecretOrigin;
  /** A secret for a new source, in the form that its senders expect. */
  newSecret(): string;
}

/** A proof that stands in the headers. The body is not read before it. */
export interface HeaderVerifier extends Verifier {
  readonly reads: "headers";
  verify(headers: Headers, secrets: SenderSecrets): Proof;
}

/** A proof that stands in the address, which our log therefore does not show. The body is not read before it. */
export interface AddressVerifier extends Verifier {
  readonly reads: "address";
  /** The query's parameter that it stands in; null: the last segment of the path. */
  readonly parameter: string | null;
  verify(url: string, secrets: SenderSecrets): Proof;
}

/** A proof that stands in the body or is made over it. */
export interface BodyVerifier extends Verifier {
  readonly reads: "body";
  /** Refuses by the headers alone, before the body is read; null where only the body can tell. `now` in milliseconds. */
  refuse(headers: Headers, now: number): "missing" | "stale" | null;
  verify(sent: SentBody, secrets: SenderSecrets): Promise<Proof>;
  /** The id that the sender signs with its message and repeats with each attempt; becomes the request's idempotency key. */
  messageId?(headers: Headers): string | null;
  /** Why a text cannot be a key of this kind; null when it can. */
  faultOf?(key: string): Localized | null;
}

/** How a sender proves that it is the one the source was made for. */
export type SenderVerifier = HeaderVerifier | AddressVerifier | BodyVerifier;
