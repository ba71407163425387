import * as v from "valibot";
import type { RawIntake } from "../../plugin/raw-intake.ts";
import type { RawIntakeRecord } from "../../store/store.ts";
import { rawIntakeContext } from "../../vault/secret-context.ts";
import type { Vault } from "../../vault/vault.ts";

/** What a request held, without the sender's secret where that stood in the address. */
export interface RawContent {
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Those that the route keeps, and the content type. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Unpacked. */
  readonly body: Uint8Array;
}

/** How bodies are read; the limits and sentences are those of every route. */
export interface BodyReader {
  /** @throws {ProblemError} `invalid_encoding` */
  text(bytes: Uint8Array): string;
  /**
   * As a form or as JSON, by what it is.
   * @throws {ProblemError} for what is neither
   */
  form(bytes: Uint8Array, contentType: string | null): Promise<unknown>;
}

const Pairs = v.array(v.tuple([v.string(), v.string()]));
const Stored = v.object({ query: Pairs, headers: Pairs, body: v.string() });

/** The content as it is stored, bound to the raw intake. */
export function sealContent(vault: Pick<Vault, "seal">, uuid: string, { query, headers, body }: RawContent): string {
  const stored = { query, headers, body: Buffer.from(body).toString("base64") };
  return vault.seal(JSON.stringify(stored), rawIntakeContext(uuid));
}

/** @throws {VaultError} when it was sealed with a key that the gateway does not have */
export function openContent(vault: Pick<Vault, "open">, uuid: string, sealed: string): RawContent {
  const { query, headers, body } = v.parse(Stored, JSON.parse(vault.open(sealed, rawIntakeContext(uuid))));
  return { query, headers, body: new Uint8Array(Buffer.from(body, "base64")) };
}

/** The request as its plugin is given it. */
export function toRawIntake(
  { uuid, receivedAt, attempts, method }: RawIntakeRecord,
  content: RawContent,
  read: BodyReader,
): RawIntake {
  const headers = new Headers(content.headers.map(([name, value]) => [name, value]));
  return {
    id: uuid,
    receivedAt: new Date(receivedAt),
    attempt: attempts,
    method,
    query: new URLSearchParams(content.query.map(([name, value]) => [name, value])),
    headers,
    raw: () => content.body,
    text: () => read.text(content.body),
    readForm: async () => read.form(content.body, headers.get("content-type")),
  };
}
