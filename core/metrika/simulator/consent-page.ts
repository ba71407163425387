import { html } from "hono/html";
import type { ConsentRequest } from "./consent.ts";
import type { Scope } from "./world.ts";

const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  "metrika:read": "Читать статистику, счётчики и цели",
  "metrika:write": "Создавать и менять счётчики и цели, загружать любые данные",
  "metrika:offline_data": "Загружать офлайн-конверсии, звонки и данные CRM",
};

/** The page on which a person chooses a login and rights and allows or refuses. Works without scripts. */
export async function consentPage(request: ConsentRequest, logins: readonly string[]): Promise<Response> {
  const { application, scopes, loginHint } = request;
  const chosen = logins.find((login) => login === loginHint || login === loginHint?.split("@")[0]) ?? logins[0];
  const loginChoices = logins.map(
    (login) => html`
      <label><input type="radio" name="login" value="${login}" ${login === chosen ? "checked" : ""}> ${login}</label>`,
  );
  const scopeChoices = scopes.map(
    (scope) => html`
      <label><input type="checkbox" name="scope" value="${scope}" checked> ${SCOPE_WORDS[scope]} <code>${scope}</code></label>`,
  );
  // Without an action the form goes back to this very address, whose query holds the request.
  return page(
    200,
    html`
    <h1>Приложение «${application.name}» просит доступ к&nbsp;Метрике</h1>
    <form method="post">
      <fieldset><legend>Логин</legend>${logins.length === 0 ? "В симуляторе нет ни одного логина." : loginChoices}</fieldset>
      <fieldset><legend>Права</legend>${scopeChoices}</fieldset>
      <button name="decision" value="allow">Разрешить</button>
      <button name="decision" value="deny">Отказать</button>
      <p>После ответа вы вернётесь на <code>${request.redirectUri}</code>.</p>
    </form>`,
  );
}

/** The page that tells a person what is wrong with an authorization URL. */
export function consentErrorPage(message: string): Promise<Response> {
  return page(400, html`<h1>Запрос доступа не принят</h1><p>${message}</p>`);
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem}
.mark{background:#fc3;padding:.5rem 1rem;border-radius:.5rem}label{display:block}fieldset{margin:1rem 0}
h1{font-size:1.4rem}button{font:inherit;padding:.4rem 1.2rem;margin-right:.5rem}`;

async function page(status: number, content: ReturnType<typeof html>): Promise<Response> {
  const text = await html`<!doctype html>
<html lang="ru">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Симулятор Яндекс ID</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <p class="mark"><b>Симулятор Яндекс ID.</b> Настоящего Яндекса здесь нет: логины и&nbsp;токены придуманы.</p>
    ${content}
  </body>
</html>
`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  };
  return new Response(String(text), { status, headers });
}
