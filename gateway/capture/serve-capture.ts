import type { OpenAPIHono } from "@hono/zod-openapi";
import { etag, RETAINED_304_HEADERS } from "hono/etag";
import type { GatewayEnv } from "../http/app-defaults.ts";

const HEADERS = {
  "content-type": "text/javascript; charset=utf-8",
  // A new version reaches sites within an hour and one more page; meanwhile no visitor waits, even where the gateway is down.
  "cache-control": "public, max-age=3600, stale-while-revalidate=604800, stale-if-error=604800",
  // The script is the same for everybody, so that sites may ask for it with `crossorigin` or isolate themselves from others.
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
} as const;

/** Adds `/capture.js`, which puts the visitor's identifiers into the forms of sites that include it: `docs/identifiers.md`. */
export function serveCapture(app: OpenAPIHono<GatewayEnv>): void {
  const retainedHeaders = [...RETAINED_304_HEADERS, "access-control-allow-origin", "cross-origin-resource-policy"];
  app.get("/capture.js", etag({ retainedHeaders }), async (c) => {
    // Loaded on use: from source it is bundled then, once.
    const { captureScript } = await import("./capture-script.ts");
    return c.body(captureScript, 200, HEADERS);
  });
}
