import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { OpenAPIHono } from "@hono/zod-openapi";
// By its place, since the package does not export it; as a file, so that an executable carries it.
import scalar from "../../node_modules/@scalar/api-reference/dist/browser/standalone.js" with { type: "file" };
import type { GatewayEnv } from "./app-defaults.ts";

interface StoredFile {
  readonly etag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

// Nothing from elsewhere is loaded or called. Styles alone may be inline: Scalar writes its own into the page.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

// Addresses are relative, so that the page also works behind a proxy that adds a path in front.
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>metrika-gateway API</title>
</head>
<body>
<div id="reference"></div>
<noscript>This page needs JavaScript. The document itself: <a href="openapi.json">openapi.json</a></noscript>
<script src="docs/scalar.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

// https://github.com/scalar/scalar/blob/main/documentation/configuration.md
const START = `Scalar.createApiReference("#reference", {
  url: "openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
});
`;

/**
 * Adds the reference page: `/docs`, its script from the installed package (so it works without a network), and the
 * document at `/openapi.json`, built at the first request.
 * @param document makes the OpenAPI document, see `openApiDocument`.
 */
export function serveDocs(app: OpenAPIHono<GatewayEnv>, document: () => unknown): void {
  let json: string | undefined;
  let script: Promise<StoredFile> | undefined;

  app.get("/openapi.json", (c) => {
    json ??= JSON.stringify(document());
    return c.body(json, 200, { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" });
  });

  app.get("/docs", (c) =>
    c.html(PAGE, 200, {
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "referrer-policy": "no-referrer",
      "cache-control": "no-cache",
    }),
  );

  app.get("/docs/start.js", (c) => c.body(START, 200, { "content-type": "text/javascript; charset=utf-8" }));

  app.get("/docs/scalar.js", async (c) => {
    script ??= loadScalar();
    // A failed read is tried again at the next request.
    const file = await script.catch((error) => {
      script = undefined;
      throw error;
    });
    const headers = { etag: file.etag, "cache-control": "no-cache", vary: "accept-encoding" };
    if (c.req.header("if-none-match")?.includes(file.etag)) return c.body(null, 304, headers);
    const isGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/i.test(c.req.header("accept-encoding") ?? "");
    return c.body(isGzip ? file.gzipped : file.plain, 200, {
      ...headers,
      "content-type": "text/javascript; charset=utf-8",
      ...(isGzip && { "content-encoding": "gzip" }),
    });
  });
}

async function loadScalar(): Promise<StoredFile> {
  const plain = new Uint8Array(await readFile(scalar));
  const etag = `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { etag, plain, gzipped: new Uint8Array(await promisify(gzip)(plain)) };
}
