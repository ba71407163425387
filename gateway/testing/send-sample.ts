import * as v from "valibot";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import type { SenderVerifier } from "../../core/plugin/verifiers/verifier.ts";
import type { Gateway } from "../gateway.ts";

/** A request of a sender, without its proof. */
export interface SourceSample {
  /** Default POST. */
  readonly method?: "GET" | "POST";
  /** What follows the source's id in the address, such as "/orders"; default: the first route of the plugin. */
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its content type; default: JSON for an object, a form for a text. */
  readonly type?: string;
  /** An object goes as JSON, texts and bytes go as they are. */
  readonly body?: string | Uint8Array | object;
  /** `wrong` shows a secret that nobody has, `none` shows nothing. Default: right. */
  readonly proof?: "right" | "wrong" | "none";
}

/** Where a sample is sent to. */
export interface SampleTarget {
  readonly gateway: Gateway;
  readonly plugin: SourcePlugin;
  readonly config: unknown;
  readonly urls: readonly { readonly url: string; readonly address_with_secret?: string | null | undefined }[];
  readonly secret: string | null;
  /** Unix milliseconds. */
  readonly now: number;
}

const FORM = "application/x-www-form-urlencoded";
const NOBODYS = "nobody-has-this-secret-0123456789";

/** The request that a sample's sender makes. */
export function requestOf(
  sample: SourceSample,
  target: SampleTarget,
): { readonly path: string; readonly init: RequestInit } {
  const { method = "POST", headers = {}, proof = "right" } = sample;
  const verifier = verifierOf(target);
  const { bytes, type } = contentOf(sample);
  const unproven = { headers: { ...(type !== null && { "content-type": type }), ...headers }, body: bytes };
  const secret = proof === "wrong" ? wrongSecret(verifier) : target.secret;
  const path = addressOf(sample, target, verifier, proof === "none" ? null : secret);
  const proven = proof === "none" || secret === null ? unproven : prove(verifier, unproven, secret, target.now);
  const byKey = proof === "right" && verifier?.reads !== "address" && verifier?.prove === undefined;
  const sent = byKey ? { ...proven.headers, authorization: `Bearer ${target.gateway.operatorToken}` } : proven.headers;
  return { path, init: { method, headers: sent, ...(method === "POST" && { body: Buffer.from(proven.body) }) } };
}

const prove = (
  verifier: SenderVerifier | null,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
  secret: string,
  now: number,
) => verifier?.prove?.(request, secret, now) ?? request;

/** One that the verifier would give somebody else. */
const wrongSecret = (verifier: SenderVerifier | null): string => verifier?.newSecret() ?? NOBODYS;

/** The verifier of the source; null of one without senders. */
function verifierOf({ plugin, config }: SampleTarget): SenderVerifier | null {
  if (typeof plugin.verify !== "function") return plugin.verify;
  return plugin.verify(v.parse(plugin.config, config));
}

function contentOf({ body, type }: SourceSample): { readonly bytes: Uint8Array; readonly type: string | null } {
  if (body === undefined) return { bytes: new Uint8Array(), type: type ?? null };
  if (typeof body === "string") return { bytes: Buffer.from(body), type: type ?? FORM };
  if (body instanceof Uint8Array) return { bytes: body, type: type ?? null };
  return { bytes: Buffer.from(JSON.stringify(body)), type: type ?? "application/json" };
}

function addressOf(
  { path, query = {} }: SourceSample,
  { urls, plugin }: SampleTarget,
  verifier: SenderVerifier | null,
  secret: string | null,
): string {
  const inPath = verifier?.reads === "address" && verifier.parameter === null;
  // Where the config chooses the verifier, so it chooses the route: with a secret at its end, or without.
  const chosen = urls.find(({ url }) =>
    path === undefined ? url.endsWith("{secret}") === inPath : url.endsWith(path),
  );
  const url = (chosen ?? urls[0])?.url;
  if (url === undefined) throw new Error(`The plugin ${plugin.name} has no route to send a sample to.`);
  const address = new URL(url.replace("{secret}", encodeURIComponent(secret ?? NOBODYS)));
  if (secret === null && verifier?.reads === "address" && verifier.parameter !== null)
    address.searchParams.delete(verifier.parameter);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return `${address.pathname}${address.search}`;
}
