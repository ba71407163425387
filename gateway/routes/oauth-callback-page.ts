import type { Context } from "hono";
import { html } from "hono/html";
import { type Language, type Localized, render } from "../../core/language.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";
import { plainPage } from "../http/plain-page.ts";

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

/** The page at the end of a connection. */
export function callbackPage(c: Context<GatewayEnv>, status: number, language: Language, news: CallbackNews) {
  const { title, text, code } = wordsOf(news, (name, params) => render(sentences[name], language, params));
  const shown = code === null ? "" : html`<p><code>${code}</code></p>`;
  return plainPage(c, status, language, { title, body: html`${shown}<p>${text}</p>` });
}

type Say = (name: keyof typeof sentences, params?: Readonly<Record<string, string>>) => string;

function wordsOf(news: CallbackNews, say: Say): { title: string; text: string; code: string | null } {
  if (news.kind === "refused") return { title: news.title, text: news.detail, code: null };
  if (news.kind === "code") return { title: say("code"), text: say("copy"), code: news.code };
  return { title: say("connected", { login: news.login }), text: say("close"), code: null };
}
