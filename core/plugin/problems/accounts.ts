import { kind } from "./kind.ts";

/** Of Yandex accounts and the OAuth application. */
export const accountsProblems = {
  counter_account_disconnected: kind(
    409,
    { ru: "Аккаунт отключён", en: "Account disconnected" },
    {
      ru: "Счётчик {counter_id} подключён через аккаунт {login}, а тот отключён. Подключите аккаунт снова или подключите счётчик через другой аккаунт.",
      en: "Counter {counter_id} is attached through the account {login}, which is disconnected. Connect the account again, or attach the counter through another one.",
    },
  ),
  account_token_refused: kind(
    409,
    { ru: "Доступ аккаунта отозван", en: "The account's access was withdrawn" },
    {
      ru: "Метрика не принимает токен аккаунта {login}: он отозван или истёк. Подключите аккаунт заново.",
      en: "Metrika does not accept the token of the account {login}: it was revoked or has expired. Connect the account again.",
    },
  ),
  account_scope_missing: kind(
    409,
    { ru: "Аккаунту не хватает права", en: "The account lacks a right" },
    {
      ru: "Аккаунт {login} подключён без права {scope}, а оно здесь нужно. Подключите его заново и согласитесь дать это право.",
      en: "The account {login} was connected without the right {scope}, which this needs. Connect it again and agree to that right.",
    },
  ),
  oauth_application_missing: kind(
    409,
    { ru: "Нет OAuth-приложения", en: "No OAuth application" },
    {
      ru: "Приложение Яндекс OAuth ещё не указано, поэтому войти через Яндекс нельзя. Зарегистрируйте его и сохраните client_id и client_secret: шаги даёт GET /v1/oauth-application или команда «bun run cli account app». Без него можно подключить аккаунт готовым токеном: POST /v1/accounts.",
      en: 'No Yandex OAuth application is set, so nobody can sign in to Yandex here. Register one and keep its client_id and client_secret: GET /v1/oauth-application or "bun run cli account app" gives the steps. Without it an account can be connected by a token: POST /v1/accounts.',
    },
  ),
  oauth_application_fixed: kind(
    409,
    { ru: "Приложение задано в окружении", en: "Application set by the environment" },
    {
      ru: "OAuth-приложение задано переменными YANDEX_CLIENT_ID и YANDEX_CLIENT_SECRET, они главнее. Измените их и перезапустите шлюз или удалите их, чтобы хранить приложение в шлюзе.",
      en: "The OAuth application is set by YANDEX_CLIENT_ID and YANDEX_CLIENT_SECRET, which win. Change them and start the gateway again, or remove them to keep the application in the gateway.",
    },
  ),
  oauth_application_refused: kind(
    422,
    { ru: "Яндекс не принял приложение", en: "Yandex does not accept the application" },
    {
      ru: "Яндекс не принял client_id и client_secret приложения ({text}). Скопируйте оба заново со страницы приложения на oauth.yandex.ru; ничего не изменено.",
      en: "Yandex did not accept the application's client_id and client_secret ({text}). Copy both again from the application's page at oauth.yandex.ru; nothing was changed.",
    },
  ),
  oauth_state_unknown: kind(
    400,
    { ru: "Подключение не узнано", en: "Connection not recognised" },
    {
      ru: "Это подключение начато не вами или не здесь, уже использовано или старше 10 минут. Начните подключение аккаунта заново и завершите его в том же браузере или той же программой.",
      en: "This connection was not begun by you or here, was used already, or is older than 10 minutes. Begin anew to connect the account, and finish in the same browser or by the same program.",
    },
  ),
  oauth_consent_refused: kind(
    403,
    { ru: "Доступ не разрешён", en: "Access was refused" },
    {
      ru: "На странице Яндекса нажали «Отказать», поэтому аккаунт не подключён. Начните заново и нажмите «Разрешить».",
      en: "Access was refused on Yandex's page, so the account is not connected. Begin anew and press “Allow”.",
    },
  ),
  oauth_consent_failed: kind(
    422,
    { ru: "Яндекс не показал разрешение", en: "Yandex did not ask for consent" },
    {
      ru: "Яндекс не стал спрашивать разрешение: {text}. Проверьте, что у приложения отмечены права metrika:read и metrika:write и указан Redirect URI шлюза (GET /v1/oauth-application), и начните заново.",
      en: "Yandex did not ask for consent: {text}. Check that the application has the rights metrika:read and metrika:write and the gateway's Redirect URI (GET /v1/oauth-application), then begin anew.",
    },
  ),
  oauth_code_refused: kind(
    422,
    { ru: "Код не принят", en: "Code not accepted" },
    {
      ru: "Яндекс не принял код подтверждения ({text}): он действует один раз и 10 минут. Аккаунт не подключён; начните заново.",
      en: "Yandex did not accept the code ({text}): it works once, for 10 minutes. The account is not connected; begin anew.",
    },
  ),
  token_not_accepted: kind(
    422,
    { ru: "Токен не принят", en: "Token not accepted" },
    {
      ru: "Яндекс не принимает токен: {text}. Аккаунт не подключён; проверьте, что токен скопирован целиком и не отозван, или получите новый.",
      en: "Yandex does not accept the token: {text}. The account is not connected; check that the token was copied whole and not revoked, or get a new one.",
    },
  ),
  token_rights_missing: kind(
    422,
    { ru: "Токену не хватает прав", en: "The token lacks rights" },
    {
      ru: "Токену не хватает прав: {rights}. Аккаунт не подключён; отметьте их у приложения на oauth.yandex.ru и на странице согласия и подключите аккаунт заново.",
      en: "The token lacks rights: {rights}. The account is not connected; tick them for the application at oauth.yandex.ru and on the consent page, and connect anew.",
    },
  ),
  account_other_login: kind(
    409,
    { ru: "Вошли под другим логином", en: "Another login" },
    {
      ru: "Переподключается аккаунт {expected}, а в Яндекс вошли как {received}. Ничего не изменено; выйдите из {received} и войдите как {expected} или подключите {received} отдельно.",
      en: "The account {expected} was to be connected anew, but Yandex was signed in as {received}. Nothing was changed; sign out of {received} and in as {expected}, or connect {received} apart.",
    },
  ),
  account_disconnected: kind(
    409,
    { ru: "Аккаунт уже отключён", en: "Account already disconnected" },
    {
      ru: "Аккаунт {login} уже отключён. Чтобы его источники снова отправляли, подключите его заново.",
      en: "The account {login} is disconnected already. Connect it anew to let its sources send again.",
    },
  ),
  yandex_not_answering: kind(
    503,
    { ru: "Яндекс не отвечает", en: "Yandex does not answer" },
    {
      ru: "Яндекс не ответил или ответил непонятно, поэтому проверить ничего не удалось. Ничего не изменено; повторите через {seconds} с, а вход через Яндекс начните заново.",
      en: "Yandex did not answer, or not in a way that can be read, so nothing could be checked. Nothing was changed; try again in {seconds} s, and begin anew where you signed in to Yandex.",
    },
  ),
} as const;
