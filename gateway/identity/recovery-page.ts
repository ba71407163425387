import type { Context } from "hono";
import { html } from "hono/html";
import { type Localized, render } from "../../core/language.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { plainPage } from "../http/plain-page.ts";

/** Where the links of letters lead to. The code stands behind the `#`, which no browser sends to a server. */
export const RECOVERY_PATH = "/console/recovery";

const sentences = {
  title: { ru: "Новый пароль", en: "A new password" },
  label: { ru: "Новый пароль, не короче 10 символов", en: "The new password, at least 10 characters" },
  save: { ru: "Сохранить", en: "Save" },
  saved: {
    ru: "Пароль сохранён, на других устройствах вы вышли. Окно можно закрыть.",
    en: "The password is saved, and you are signed out on other devices. You may close this window.",
  },
  incomplete: {
    ru: "Ссылка неполна. Откройте её из письма целиком или попросите новую.",
    en: "The link is not whole. Open all of it from the letter, or ask for another one.",
  },
  silent: {
    ru: "Шлюз не отвечает. Проверьте связь и нажмите ещё раз.",
    en: "The gateway does not answer. Check the connection and press again.",
  },
} as const satisfies Record<string, Localized>;

/** The link works once: its session is kept on the page, so that a password that is refused can be mended. */
const SCRIPT = `
const form = document.querySelector("form"), told = document.querySelector("#told");
const code = new URLSearchParams(location.hash.slice(1)).get("token_hash");
history.replaceState(null, "", location.pathname);
let token = null;
const ask = async (method, path, body) => {
  const headers = { "content-type": "application/json", "accept-language": document.documentElement.lang };
  if (token) headers.authorization = "Bearer " + token;
  const answer = await fetch("/auth/v1" + path, { method, headers, body: JSON.stringify(body) });
  const read = await answer.json();
  if (!answer.ok) throw new Error(read.msg);
  return read;
};
if (!code) { form.hidden = true; told.textContent = form.dataset.incomplete; }
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    token ??= (await ask("POST", "/verify", { type: "recovery", token_hash: code })).access_token;
    await ask("PUT", "/user", { password: form.elements.password.value });
    form.hidden = true;
    told.textContent = form.dataset.saved;
  } catch (error) {
    told.textContent = error instanceof TypeError ? form.dataset.silent : error.message;
  }
  button.disabled = false;
});
`;

/** The page on which somebody who followed a link from a letter, or from the operator, sets a new password. */
export function recoveryPageRoutes(): ReturnType<typeof createRouter> {
  const router = createRouter();
  router.get(RECOVERY_PATH, (c: Context<GatewayEnv>) => {
    const language = languageOf(c);
    const say = (name: keyof typeof sentences) => render(sentences[name], language);
    const body = html`<form data-saved="${say("saved")}" data-incomplete="${say("incomplete")}" data-silent="${say("silent")}">
<label for="password">${say("label")}</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="10" maxlength="256" required autofocus>
<button>${say("save")}</button>
</form>
<p id="told" role="status"></p>`;
    return plainPage(c, 200, language, { title: say("title"), body, script: SCRIPT });
  });
  return router;
}
