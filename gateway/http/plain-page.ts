import { createHash } from "node:crypto";
import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Language } from "../../core/language.ts";
import type { GatewayEnv } from "./app-defaults.ts";

/** A small page that needs nothing but itself. */
export interface PlainPage {
  readonly title: string;
  /** What stands below the heading; made by hono's `html`, which escapes what it is given. */
  readonly body: HtmlEscapedString | Promise<HtmlEscapedString>;
  /** Runs when the page is read; it may ask this gateway and nobody else. */
  readonly script?: string;
}

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem}h1{font-size:1.5rem}code{font-size:1.25rem;user-select:all;overflow-wrap:anywhere}label{display:block}input,button{font:inherit;padding:.5rem .75rem;margin:.5rem 0}input{width:100%;box-sizing:border-box}@media(prefers-color-scheme:dark){body{background:#16181d;color:#e6e6e6}}";

/** Addresses of these pages hold codes, so nothing is loaded, and no other site is told them. */
const headersOf = (script: string | undefined) => ({
  "content-security-policy": [
    ...["default-src 'none'", "style-src 'unsafe-inline'", "base-uri 'none'", "form-action 'none'"],
    "frame-ancestors 'none'",
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`, "connect-src 'self'"]),
  ].join("; "),
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
});

const hashOf = (script: string) => `sha256-${createHash("sha256").update(script).digest("base64")}`;

/** Answers with a page. */
export function plainPage(c: Context<GatewayEnv>, status: number, language: Language, page: PlainPage) {
  const { title, body, script } = page;
  const running = script === undefined ? "" : html`<script>${raw(script)}</script>`;
  const text = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${body}
${running}
</body>
</html>
`;
  return c.html(text, status as ContentfulStatusCode, headersOf(script));
}
