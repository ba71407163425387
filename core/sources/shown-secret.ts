import type { SourceRecord } from "../store/store.ts";
import { secretMatches } from "../vault/secrets.ts";

/** Where a sender may show a source's secret. */
export interface ShownPlaces {
  readonly url: string;
  readonly headers: Headers;
  /** As a form or JSON; undefined for a body that is neither. */
  readonly form: unknown;
}

/** Texts of one request that are compared with the secret; no sender hides it behind more. */
const MOST_TEXTS = 2000;
/** Our secrets have 43 characters; CRMs' tokens fewer than this. */
const LONGEST_SECRET = 256;

/** The hashes of a source's shared secrets that are valid at an instant (Unix ms); none where it keeps a key of signatures. */
export function hashesOf(source: SourceRecord | null, now: number): readonly Uint8Array[] {
  if (source === null) return [];
  const isOverlap = source.previousSecretExpiresAt !== null && source.previousSecretExpiresAt > now;
  const hex = [source.secretHash, isOverlap ? source.previousSecretHash : null];
  return hex.flatMap((one) => (one === null ? [] : [Buffer.from(one, "hex")]));
}

/**
 * Whether a request shows a secret that is one of those whose hashes are given, wherever it may stand: in the address, a header or a field.
 * For a source whose verifier is not at hand, since its plugin or its config is missing: whoever knows the secret is its sender, wherever
 * the verifier would have looked for it.
 */
export function showsSecret({ url, headers, form }: ShownPlaces, hashes: readonly Uint8Array[]): boolean {
  const { pathname, searchParams } = new URL(url);
  const texts = [
    ...pathname.split("/").map(decoded),
    ...searchParams.values(),
    ...[...headers].map(([, value]) => value),
  ];
  const compared = [...texts, ...textsIn(form, MOST_TEXTS)].slice(0, MOST_TEXTS);
  let isShown = false;
  // All of them: where it stands is told by no moment.
  for (const text of compared) if (text.length <= LONGEST_SECRET && secretMatches(text, hashes)) isShown = true;
  return isShown;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The texts of a parsed body, at most so many; limits of the reader bound its depth. */
function textsIn(value: unknown, most: number): readonly string[] {
  const found: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0 && found.length < most) {
    const next = open.pop();
    if (typeof next === "string") found.push(next);
    else if (typeof next === "object" && next !== null) open.push(...Object.values(next).slice(0, most));
  }
  return found;
}

/** A query without the values that are the source's secret. */
export function withoutSecret(
  query: URLSearchParams,
  hashes: readonly Uint8Array[],
): readonly (readonly [name: string, value: string])[] {
  return [...query].filter(([, value]) => !secretMatches(value, hashes));
}
