import type { SenderVerifier } from "../core/plugin/verifiers/verifier.ts";

/** A route that a plugin has declared; its path is whole, and its first parameter is the source's id. */
export interface DeclaredRoute {
  readonly methods: readonly string[];
  readonly path: string;
  readonly summary: string;
}

/** The routes of the plugins. */
export interface RouteBook {
  add(plugin: string, route: DeclaredRoute): void;
  /** In the order in which they were declared; none of a plugin that is not listed. */
  of(plugin: string): readonly DeclaredRoute[];
}

/** Makes an empty book. */
export function createRouteBook(): RouteBook {
  const routes = new Map<string, readonly DeclaredRoute[]>();
  const of: RouteBook["of"] = (plugin) => routes.get(plugin) ?? [];
  return { of, add: (plugin, route) => void routes.set(plugin, [...of(plugin), route]) };
}

/** Stands in an address for the secret that a sender shows there. */
const BLANK = "{secret}";

/** An address for a sender. */
export interface SourceAddress {
  readonly methods: readonly string[];
  /** Where the sender shows its secret in the address, `{secret}` stands for it. */
  readonly url: string;
  readonly summary: string;
}

/** The address of a route for one source. */
export function addressOf(
  publicUrl: string,
  { methods, path, summary }: DeclaredRoute,
  sourceUuid: string,
  verifier: SenderVerifier | null,
): SourceAddress {
  const url = publicUrl + path.replace(/\{\w+\}/, sourceUuid);
  if (verifier?.reads !== "address") return { methods, url, summary };
  const { parameter } = verifier;
  const shown = parameter === null ? url.replace(/\{\w+\}$/, BLANK) : `${url}?${parameter}=${BLANK}`;
  return { methods, url: shown, summary };
}

/** The address as it is given to the sender; null where no secret stands in it. */
export const withSecret = (url: string, secret: string): string | null =>
  url.includes(BLANK) ? url.replace(BLANK, encodeURIComponent(secret)) : null;
