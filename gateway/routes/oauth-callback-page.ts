import type { Context } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type Language, type Localized, render } from "../../core/language.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";

/** What the page at the end of a connection has to say. */
export type CallbackNews =
  | { readonly kind: "connected"; readonly login: string }
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "refused"; readonly title: string; readonly detail: string };

const sentences = {
  connected: { ru: "Аккаунт {login} подключён", en: "The account {login} is connected" },
  close: { ru: "Окно можно закрыть.", en: "You may close this window." },
  code: { ru: "Остался один шаг", en: "One step is left" },
  copy: {
    ru: "Скопируйте этот код в программу или терминал, где началось подключение. Он действует один раз и 10 минут. Если вы ничего не начинали, закройте окно и никому его не отправляйте.",
    en: "Copy this code into the program or terminal where the connection was begun. It works once, for 10 minutes. If you began nothing, close the window and send it to nobody.",
  },
} as const satisfies Record<string, Localized>;

// The address holds a code, so nothing is loaded, and no other site is told it.
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem}h1{font-size:1.5rem}code{font-size:1.25rem;user-select:all;overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{background:#16181d;color:#e6e6e6}}";

/** A plain page that needs no script. */
export function callbackPage(c: Context<GatewayEnv>, status: number, language: Language, news: CallbackNews) {
  const { title, text, code } = wordsOf(news, (name, params) => render(sentences[name], language, params));
  const shown = code === null ? "" : html`<p><code>${code}</code></p>`;
  const page = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
${shown}
<p>${text}</p>
</body>
</html>
`;
  return c.html(page, status as ContentfulStatusCode, HEADERS);
}

type Say = (name: keyof typeof sentences, params?: Readonly<Record<string, string>>) => string;

function wordsOf(news: CallbackNews, say: Say): { title: string; text: string; code: string | null } {
  if (news.kind === "refused") return { title: news.title, text: news.detail, code: null };
  if (news.kind === "code") return { title: say("code"), text: say("copy"), code: news.code };
  return { title: say("connected", { login: news.login }), text: say("close"), code: null };
}
