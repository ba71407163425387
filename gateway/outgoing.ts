import { lookup } from "node:dns/promises";
import { createGuardedFetch } from "../core/outgoing/guarded-fetch.ts";
import type { SourceFetch } from "../core/plugin/source-context.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Config } from "./config.ts";

const SILENCE_MS = 30_000;
const MOST_BYTES = 20_000_000;

/** What plugins ask the world with. */
export const createOutgoing = ({ outgoingNetworks }: Config): SourceFetch =>
  createGuardedFetch({
    dial: (url, init) => fetch(url, init),
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    allowed: outgoingNetworks,
    userAgent: `metrika-gateway/${packageJson.version}`,
    ...{ silenceMs: SILENCE_MS, mostBytes: MOST_BYTES },
  });
