import type { Context } from "hono";
import { parseExactJson } from "../core/conversion/exact-json.ts";
import type { Language } from "../core/language.ts";
import type { SenderRequest } from "../core/plugin/contract.ts";
import { type GatewayEnv, languageOf } from "./http/app-defaults.ts";
import { type BodyLimits, readBody } from "./http/read-body.ts";
import { parseFormBody } from "./http/read-form.ts";
import { type JsonBody, readJsonText } from "./http/read-json.ts";

/** The limits of a sender's request. */
export type SenderLimits = BodyLimits & { readonly maxConversions: number };

/**
 * A sender's request, for its verifier and its handler alike. The bytes are kept only for whom asks for them: nobody who
 * reads JSON alone holds a large body while its rows are written.
 */
export class ReceivedRequest implements SenderRequest {
  /** The id that a verifier found signed; null where there is none. */
  messageId: string | null = null;
  readonly #context: Context<GatewayEnv>;
  readonly #limits: SenderLimits;
  #kept: Promise<Uint8Array> | null = null;
  #form: Promise<unknown> | null = null;
  #isTaken = false;

  constructor(context: Context<GatewayEnv>, limits: SenderLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  get headers(): Headers {
    return this.#context.req.raw.headers;
  }

  get url(): string {
    return this.#context.req.raw.url;
  }

  get language(): Language {
    return languageOf(this.#context);
  }

  get idempotencyKey(): string | null {
    return this.messageId ?? this.headers.get("idempotency-key");
  }

  get maxConversions(): number {
    return this.#limits.maxConversions;
  }

  raw(): Promise<Uint8Array> {
    this.#kept ??= this.#take();
    return this.#kept;
  }

  readForm(): Promise<unknown> {
    this.#form ??= this.raw().then((bytes) => parseFormBody(bytes, this.headers.get("content-type")));
    return this.#form;
  }

  readJson(): Promise<JsonBody> {
    return readJsonText(this.#kept ?? this.#take(), this.headers.get("content-type"), parseExactJson);
  }

  #take(): Promise<Uint8Array> {
    if (this.#isTaken) throw new Error("The body was read as JSON before: call raw() first, then its bytes are kept.");
    this.#isTaken = true;
    return readBody(this.#context.req.raw, this.#limits);
  }
}
