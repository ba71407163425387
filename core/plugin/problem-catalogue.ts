import type { Localized } from "../language.ts";

/** A kind of refusal: its HTTP status, its short name and the sentence that says what happened and what to do. */
export interface ProblemKind<Status extends number = number> {
  readonly status: Status;
  readonly title: Localized;
  readonly detail: Localized;
  /** Headers that every answer of this kind carries. */
  readonly headers: Readonly<Record<string, string>>;
}

const kind = <const Status extends number>(
  status: Status,
  title: Localized,
  detail: Localized,
  headers: ProblemKind["headers"] = {},
): ProblemKind<Status> => ({ status, title, detail, headers });

// RFC 9110 §11.6.1 asks for it beside each 401. Webhook secrets travel in a header of their own, which has no scheme.
const CHALLENGE = { "www-authenticate": 'Bearer realm="metrika-gateway"' };
// The rest of the body is not read, so the connection cannot carry another request.
const CLOSE = { connection: "close" };

/** Every problem the HTTP interface answers with, by its stable code. Blanks such as `{limit}` are filled when thrown. */
export const problemCatalogue = {
  unauthorized: kind(
    401,
    { ru: "Нет ключа API или сессии", en: "API key or session missing" },
    {
      ru: "Для этого запроса нужен ключ API или токен сессии. Передайте его в заголовке «Authorization: Bearer …»; ключ (mgw_…) создаёт команда «bun run cli api-key create --name ИМЯ».",
      en: 'This request needs an API key or a session\'s token. Send it in the header "Authorization: Bearer …"; "bun run cli api-key create --name NAME" makes a key (mgw_…).',
    },
    CHALLENGE,
  ),
  api_key_invalid: kind(
    401,
    { ru: "Ключ API не принят", en: "API key not accepted" },
    {
      ru: "Такого ключа API нет, он отозван или истёк. Проверьте, что ключ скопирован целиком, или создайте новый.",
      en: "There is no such API key, or it was revoked or has expired. Check that the key was copied whole, or make a new one.",
    },
    CHALLENGE,
  ),
  forbidden_scope: kind(
    403,
    { ru: "Недостаточно прав", en: "Not allowed" },
    {
      ru: "У ключа API нет права «{scope}». Создайте ключ с этим правом или попросите владельца выполнить действие.",
      en: 'The API key lacks the right "{scope}". Make a key that has it, or ask the owner to do this.',
    },
  ),
  people_elsewhere: kind(
    409,
    { ru: "Людей впускает Supabase", en: "Supabase signs people in" },
    {
      ru: "Людей впускает проект Supabase (SUPABASE_URL), поэтому их пароли и сеансы ведутся там. Откройте раздел Authentication проекта.",
      en: "A Supabase project signs people in (SUPABASE_URL), so their passwords and sessions are kept there. Open the project's Authentication page.",
    },
  ),
  operator_only: kind(
    403,
    { ru: "Только для администратора шлюза", en: "For the operator only" },
    {
      ru: "Это делает только администратор шлюза: командой «bun run cli» на машине шлюза, а не ключом API.",
      en: 'Only the operator of the gateway may do this: by "bun run cli" on its machine, not with an API key.',
    },
  ),
  forbidden_role: kind(
    403,
    { ru: "Недостаточно прав", en: "Not allowed" },
    {
      ru: "Для этого действия нужна роль «{needed}» или выше, а у вас «{role}». Попросите владельца или администратора рабочего пространства выполнить его или сменить вашу роль.",
      en: 'This needs the role "{needed}" or a higher one, and yours is "{role}". Ask an owner or admin of the workspace to do it, or to change your role.',
    },
  ),
  forbidden_installation: kind(
    403,
    { ru: "Недостаточно прав", en: "Not allowed" },
    {
      ru: "Это настройка всей установки: её меняют администраторы первого рабочего пространства или оператор командой «bun run cli».",
      en: 'This setting belongs to the whole installation: admins of its first workspace change it, or the operator by "bun run cli".',
    },
  ),
  person_required: kind(
    403,
    { ru: "Нужен вход человека", en: "A person must sign in" },
    {
      ru: "Это действие доступно только вошедшему человеку, а не программе с ключом API. Передайте токен сессии в заголовке «Authorization: Bearer …».",
      en: 'Only a person who is signed in may do this, not a program with an API key. Send a session\'s token in the header "Authorization: Bearer …".',
    },
  ),
  session_invalid: kind(
    401,
    { ru: "Сеанс не принят", en: "Session not accepted" },
    {
      ru: "Сеанс входа не принят: {reason}. Войдите заново.",
      en: "The session was not accepted: {reason}. Sign in again.",
    },
    CHALLENGE,
  ),
  session_expired: kind(
    401,
    { ru: "Сеанс истёк", en: "Session expired" },
    {
      ru: "Срок токена доступа истёк. Обновите его (консоль делает это сама) или войдите заново.",
      en: "The access token has expired. Refresh it (the console does so by itself) or sign in again.",
    },
    CHALLENGE,
  ),
  identity_unavailable: kind(
    503,
    { ru: "Служба входа не отвечает", en: "Identity service does not answer" },
    {
      ru: "Проверить сеанс сейчас нельзя: служба входа не отвечает или перегружена. Ничего не сделано; повторите запрос через {seconds} с.",
      en: "The session cannot be checked now: the identity service does not answer or is overloaded. Nothing was done; send the request again in {seconds} s.",
    },
  ),
  workspace_required: kind(
    400,
    { ru: "Не указано рабочее пространство", en: "Workspace not named" },
    {
      ru: "Укажите рабочее пространство в заголовке X-Workspace-Id: вы состоите не в одном. Список — в ответе GET /v1/me.",
      en: "Name the workspace in the header X-Workspace-Id: you belong to more than one. GET /v1/me lists them.",
    },
  ),
  workspace_unknown: kind(
    403,
    { ru: "Нет такого рабочего пространства", en: "No such workspace" },
    {
      ru: "Такого рабочего пространства нет, или вы в нём не состоите. Ваши рабочие пространства — в ответе GET /v1/me; вступить можно по приглашению.",
      en: "There is no such workspace, or you do not belong to it. GET /v1/me lists yours; an invitation lets you join one.",
    },
  ),
  signup_closed: kind(
    403,
    { ru: "Нужно приглашение", en: "Invitation needed" },
    {
      ru: "Здесь нельзя завести рабочее пространство без приглашения. Попросите приглашение у владельца или администратора; оператор может открыть вход для всех настройкой SIGN_UP=open.",
      en: "Nobody starts a workspace here without an invitation. Ask an owner or admin for one; the operator can let everybody in by the setting SIGN_UP=open.",
    },
  ),
  setup_code_wrong: kind(
    422,
    { ru: "Код установки не подходит", en: "Setup code not right" },
    {
      ru: "Такого кода установки нет, или он уже использован. Действующий код печатает команда «bun run cli setup-code»; до первого использования он виден и при каждом запуске шлюза.",
      en: 'There is no such setup code, or it was used. "bun run cli setup-code" prints the one in force; until its first use each start of the gateway shows it too.',
    },
  ),
  setup_code_throttled: kind(
    429,
    { ru: "Слишком много неверных кодов", en: "Too many wrong codes" },
    {
      ru: "Код установки слишком часто вводили неверно. Повторите через {seconds} с.",
      en: "The setup code was wrong too often. Try again in {seconds} s.",
    },
  ),
  invitation_wrong: kind(
    422,
    { ru: "Приглашение не подходит", en: "Invitation not right" },
    {
      ru: "Такого приглашения нет, оно уже принято, отозвано или истекло, либо выписано на другой адрес почты, не тот, с которым вы вошли. Попросите новое.",
      en: "There is no such invitation, it was accepted, revoked or has expired, or it is for another e-mail address than the one you signed in with. Ask for a new one.",
    },
  ),
  already_member: kind(
    409,
    { ru: "Уже участник", en: "Already a member" },
    {
      ru: "Этот человек уже состоит в рабочем пространстве. Его роль меняется запросом PATCH /v1/members/….",
      en: "This person belongs to the workspace already. PATCH /v1/members/… changes the role.",
    },
  ),
  last_owner: kind(
    409,
    { ru: "Последний владелец", en: "Last owner" },
    {
      ru: "Это последний владелец рабочего пространства: без него некому будет им управлять. Сначала сделайте владельцем кого-нибудь ещё.",
      en: "This is the last owner of the workspace, and nobody else could manage it. Make somebody else an owner first.",
    },
  ),
  secret_missing: kind(
    401,
    { ru: "Нет секрета", en: "Secret missing" },
    {
      ru: "Передайте секрет, который был показан при создании, {place}. Вместо него подойдёт ключ API с правом intake: «Authorization: Bearer mgw_…».",
      en: 'Send the secret that was shown at creation {place}. An API key with the right "intake" will do in its place: "Authorization: Bearer mgw_…".',
    },
  ),
  secret_wrong: kind(
    403,
    { ru: "Доступ запрещён", en: "Access denied" },
    {
      ru: "Такого вебхука нет или секрет не подходит. Проверьте адрес и секрет; потерянный секрет можно заменить новым.",
      en: "There is no such webhook, or the secret is not right. Check the address and the secret; a lost secret can be rotated.",
    },
  ),
  signature_missing: kind(
    401,
    { ru: "Нет подписи", en: "Signature missing" },
    {
      ru: "Запрос должен быть подписан ключом источника. Подпись передаётся {place}.",
      en: "The request must be signed with the source's key. The signature travels {place}.",
    },
  ),
  signature_wrong: kind(
    403,
    { ru: "Доступ запрещён", en: "Access denied" },
    {
      ru: "Такого источника нет или подпись не подходит. Подпись считается по байтам тела в том виде, в каком они отправлены; проверьте адрес и ключ.",
      en: "There is no such source, or the signature is not right. It is made over the bytes of the body exactly as they are sent; check the address and the key.",
    },
  ),
  signature_stale: kind(
    403,
    { ru: "Время подписи не подходит", en: "Signature's time not accepted" },
    {
      ru: "Время в подписи (секунды Unix) должно отличаться от времени шлюза не больше чем на 5 минут; у шлюза сейчас {now}. Проверьте часы отправителя и подписывайте каждую попытку заново.",
      en: "The signature's time (Unix seconds) must be within 5 minutes of the gateway's, which is now {now}. Check the sender's clock, and sign each attempt anew.",
    },
  ),
  source_unusable: kind(
    503,
    { ru: "Источник неисправен", en: "Source out of order" },
    {
      ru: "Настройки источника не подходят его плагину. Ничего не сохранено; повторите запрос, когда владелец исправит их. Причина записана в журнал.",
      en: "The source's settings do not fit its plugin. Nothing was stored; send the request again when its owner has mended them. The log tells why.",
    },
  ),
  webhook_disabled: kind(
    403,
    { ru: "Вебхук выключен", en: "Webhook disabled" },
    {
      ru: "Вебхук выключен и не принимает конверсии (is_active = false). Включите его и повторите запрос.",
      en: "The webhook is switched off and takes no conversions (is_active = false). Switch it on and send the request again.",
    },
  ),
  not_found: kind(
    404,
    { ru: "Не найдено", en: "Not found" },
    {
      ru: "По адресу {path} ничего нет. Список адресов — на странице /docs.",
      en: "There is nothing at {path}. The page /docs lists what there is.",
    },
  ),
  batch_not_found: kind(
    404,
    { ru: "Пакет не найден", en: "Batch not found" },
    {
      ru: "У этого вебхука нет пакета с batch_id «{batch_id}». Возьмите batch_id из ответа на отправку конверсий.",
      en: 'This webhook has no batch with batch_id "{batch_id}". Take batch_id from the answer to the conversions you sent.',
    },
  ),
  method_not_allowed: kind(
    405,
    { ru: "Метод не поддерживается", en: "Method not allowed" },
    {
      ru: "Адрес {path} не поддерживает метод {method}; поддерживаются: {allowed}.",
      en: "{path} does not support {method}; it supports: {allowed}.",
    },
  ),
  upload_not_uncertain: kind(
    409,
    { ru: "Решать нечего", en: "Nothing to decide" },
    {
      ru: "Файл {upload_id} в состоянии {state}. Решение человека нужно только файлу, ответ на который потерян (uncertain).",
      en: "Upload {upload_id} is in the state {state}. Only an upload whose answer was lost (uncertain) is for a person to decide.",
    },
  ),
  upload_busy: kind(
    409,
    { ru: "Файл сейчас ищется", en: "Upload is being looked up" },
    {
      ru: "Файл {upload_id} прямо сейчас ищется в списке Метрики. Решение не записано; повторите запрос через {seconds} с.",
      en: "Upload {upload_id} is just being looked for in Metrika's list. The decision was not stored; send it again in {seconds} s.",
    },
  ),
  metrika_upload_taken: kind(
    409,
    { ru: "Загрузка принадлежит другому файлу", en: "Metrika's number is another upload's" },
    {
      ru: "Загрузка {metrika_upload_id} в Метрике уже принадлежит другому файлу этого счётчика. Проверьте номер: комментарий загрузки — upload_id файла без дефисов.",
      en: "Number {metrika_upload_id} in Metrika belongs to another upload to this counter. Check the number: its comment there is the upload_id without hyphens.",
    },
  ),
  metrika_upload_unknown: kind(
    422,
    { ru: "Метрика не знает такой загрузки", en: "Metrika knows no such upload" },
    {
      ru: "На счётчике {counter_id} нет загрузки {metrika_upload_id}. Проверьте номер: комментарий загрузки — upload_id файла без дефисов.",
      en: "Counter {counter_id} has no upload {metrika_upload_id}. Check the number: its comment there is the upload_id without hyphens.",
    },
  ),
  metrika_not_answering: kind(
    503,
    { ru: "Метрика не отвечает", en: "Metrika does not answer" },
    {
      ru: "Метрика не ответила или не приняла токен, поэтому запрос не выполнен. Повторите его через {seconds} с: повтор ничего не сделает дважды.",
      en: "Metrika did not answer, or did not accept the token, so the request was not carried out. Send it again in {seconds} s: nothing is done twice.",
    },
  ),
  metrika_quota_exhausted: kind(
    429,
    { ru: "Квота Метрики исчерпана", en: "Metrika's quota is used up" },
    {
      ru: "Исчерпана квота запросов логина {login} к Метрике. Она освободится {freed_at}; запрос не выполнен, повторите его после этого.",
      en: "The quota of requests of the login {login} to Metrika is used up. It is freed at {freed_at}; the request was not carried out, send it again after that.",
    },
  ),
  metrika_refused: kind(
    422,
    { ru: "Метрика отклонила запрос", en: "Metrika refused the request" },
    {
      ru: "Метрика отклонила запрос: {text}. Исправьте данные и повторите.",
      en: "Metrika refused the request: {text}. Mend its content and send it again.",
    },
  ),
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
  counter_not_accessible: kind(
    404,
    { ru: "Счётчик не найден", en: "Counter not found" },
    {
      ru: "Аккаунт {login} не видит счётчика {counter_id}. Проверьте номер или попросите владельца счётчика выдать логину {login} доступ «редактирование».",
      en: "The account {login} does not see counter {counter_id}. Check the number, or ask the owner of the counter to grant the login {login} the right to edit.",
    },
  ),
  counter_not_attached: kind(
    404,
    { ru: "Счётчик не подключён", en: "Counter not attached" },
    {
      ru: "Счётчик {counter_id} не подключён к рабочему пространству. Подключите его запросом POST /v1/counters; список подключённых — GET /v1/counters.",
      en: "Counter {counter_id} is not attached to the workspace. Attach it by POST /v1/counters; GET /v1/counters lists those that are.",
    },
  ),
  counter_read_only: kind(
    409,
    { ru: "Счётчик доступен только для чтения", en: "The counter may only be read" },
    {
      ru: "У логина {login} на счётчике {counter_id} только право «{permission}». Попросите владельца ({owner}) выдать логину {login} доступ «редактирование».",
      en: 'The login {login} has only the right "{permission}" on counter {counter_id}. Ask its owner ({owner}) to grant {login} the right to edit.',
    },
  ),
  counter_in_use: kind(
    409,
    { ru: "Счётчик используется", en: "The counter is in use" },
    {
      ru: "Через счётчик {counter_id} отправляют конверсии: {sources}. Сначала удалите эти источники или задайте им собственный токен.",
      en: "Counter {counter_id} is used to send conversions by: {sources}. First delete these sources, or give them a token of their own.",
    },
  ),
  goal_exists: kind(
    409,
    { ru: "Цель уже есть", en: "The goal exists" },
    {
      ru: "На счётчике {counter_id} уже есть цель {goal_id} с идентификатором «{identifier}». Используйте её или выберите другой идентификатор.",
      en: 'Counter {counter_id} has goal {goal_id} with the identifier "{identifier}" already. Use it, or choose another identifier.',
    },
  ),
  goal_wrong_type: kind(
    409,
    { ru: "Цель другого типа", en: "The goal is of another type" },
    {
      ru: "Идентификатор «{identifier}» на счётчике {counter_id} занят целью {goal_id} типа «{type}» с условием «{condition}»: офлайн-конверсии до неё не доходят. Удалите её в Метрике, сделайте JavaScript-событием с условием «совпадает» или выберите другой идентификатор.",
      en: 'The identifier "{identifier}" on counter {counter_id} belongs to goal {goal_id} of type "{type}" with the condition "{condition}", which offline conversions do not reach. Delete it in Metrika, make it a JavaScript event with the condition "matches", or choose another identifier.',
    },
  ),
  goal_limit_reached: kind(
    409,
    { ru: "На счётчике слишком много целей", en: "The counter has too many goals" },
    {
      ru: "На счётчике {counter_id} уже {limit} целей, больше Метрика не создаёт. Удалите в Метрике ненужную цель и повторите запрос.",
      en: "Counter {counter_id} has {limit} goals, and Metrika makes no more. Delete one that is not needed in Metrika, and send the request again.",
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
  request_timeout: kind(
    408,
    { ru: "Запрос передавался слишком долго", en: "Request took too long to arrive" },
    {
      ru: "Тело запроса не пришло целиком за {seconds} с. Ничего не сохранено; отправьте запрос ещё раз или разделите его на части.",
      en: "The body of the request did not arrive whole within {seconds} s. Nothing was stored; send it again, or in parts.",
    },
    CLOSE,
  ),
  request_incomplete: kind(
    400,
    { ru: "Запрос оборвался", en: "Request cut short" },
    {
      ru: "Соединение закрылось раньше, чем тело запроса пришло целиком. Ничего не сохранено; отправьте запрос ещё раз.",
      en: "The connection closed before the body of the request had arrived whole. Nothing was stored; send it again.",
    },
    CLOSE,
  ),
  body_too_large: kind(
    413,
    { ru: "Слишком большой запрос", en: "Request too large" },
    {
      ru: "Тело запроса (в распакованном виде) больше {limit} байт. Ничего не сохранено; разделите конверсии на несколько запросов.",
      en: "The body of the request (unpacked) is larger than {limit} bytes. Nothing was stored; split the conversions into several requests.",
    },
    CLOSE,
  ),
  too_many_conversions: kind(
    413,
    { ru: "Слишком много конверсий", en: "Too many conversions" },
    {
      ru: "В запросе {count} конверсий, а принимается не больше {limit}. Ничего не сохранено; разделите их на несколько запросов.",
      en: "The request has {count} conversions; at most {limit} are taken at once. Nothing was stored; split them into several requests.",
    },
  ),
  unsupported_media_type: kind(
    415,
    { ru: "Неподдерживаемый тип данных", en: "Unsupported media type" },
    {
      ru: "Тело запроса названо «{received}», а принимается JSON. Передайте его с заголовком «Content-Type: application/json».",
      en: 'The body is labelled "{received}", but JSON is expected. Send it with the header "Content-Type: application/json".',
    },
    CLOSE,
  ),
  unsupported_content_encoding: kind(
    415,
    { ru: "Неподдерживаемое сжатие", en: "Unsupported compression" },
    {
      ru: "Сжатие «{received}» не поддерживается. Передайте тело без сжатия или с «Content-Encoding: gzip».",
      en: 'The compression "{received}" is not supported. Send the body as it is, or with "Content-Encoding: gzip".',
    },
    { ...CLOSE, "accept-encoding": "gzip, deflate, identity" },
  ),
  compression_damaged: kind(
    400,
    { ru: "Сжатые данные повреждены", en: "Compressed data damaged" },
    {
      ru: "Тело запроса не распаковывается как {encoding}: данные повреждены, оборваны или не сжаты. Ничего не сохранено.",
      en: "The body does not unpack as {encoding}: it is damaged, cut short or not compressed. Nothing was stored.",
    },
  ),
  invalid_encoding: kind(
    400,
    { ru: "Текст не в кодировке UTF-8", en: "Text is not UTF-8" },
    {
      ru: "Тело запроса не в кодировке UTF-8: байт {offset} не может в ней стоять. {likely}",
      en: "The body is not UTF-8: byte {offset} cannot stand there. {likely}",
    },
  ),
  malformed_json: kind(
    400,
    { ru: "Ошибка в JSON", en: "Malformed JSON" },
    {
      ru: "Тело запроса — не JSON: строка {line}, позиция {column}. {cause}",
      en: "The body is not JSON: line {line}, column {column}. {cause}",
    },
  ),
  malformed_form: kind(
    400,
    { ru: "Ошибка в форме", en: "Malformed form" },
    {
      ru: "Тело запроса не читается как форма. {cause}",
      en: "The body cannot be read as a form. {cause}",
    },
  ),
  conversions_missing: kind(
    422,
    { ru: "Нет списка конверсий", en: "List of conversions missing" },
    {
      ru: 'Тело запроса должно иметь вид {"conversions": […]}. {found}',
      en: 'The body must look like {"conversions": […]}. {found}',
    },
  ),
  conversions_empty: kind(
    422,
    { ru: "Список конверсий пуст", en: "List of conversions empty" },
    {
      ru: "Массив «conversions» пуст; передайте хотя бы одну конверсию.",
      en: 'The array "conversions" is empty; send at least one conversion.',
    },
  ),
  all_rejected: kind(
    422,
    { ru: "Ни одна конверсия не принята", en: "No conversion accepted" },
    {
      ru: "Отклонены все строки запроса ({rejected_count}). Причина для каждой указана в rejections; исправьте их и отправьте снова.",
      en: "All rows of the request were refused ({rejected_count}). The reason for each is in rejections; mend them and send them again.",
    },
  ),
  strict_rejected: kind(
    422,
    { ru: "Запрос отклонён целиком", en: "Request refused as a whole" },
    {
      ru: "В режиме strict запрос принимается только без ошибок, а строк с ошибками в нём {rejected_count}. Ничего не сохранено; причины указаны в rejections.",
      en: "In strict mode a request is taken only without faults, and {rejected_count} of its rows have one. Nothing was stored; the reasons are in rejections.",
    },
  ),
  idempotency_key_reused: kind(
    422,
    { ru: "Idempotency-Key уже использован", en: "Idempotency-Key already used" },
    {
      ru: "С этим значением Idempotency-Key за последние {hours} ч уже пришёл запрос с другим телом. Для другого запроса возьмите новое значение.",
      en: "A request with another body came with this Idempotency-Key within the last {hours} h. Take a new value for another request.",
    },
  ),
  idempotency_key_format: kind(
    400,
    { ru: "Неверный Idempotency-Key", en: "Idempotency-Key malformed" },
    {
      ru: "Idempotency-Key должен содержать от 1 до {limit} видимых символов ASCII без пробелов, например UUID.",
      en: "Idempotency-Key must have 1 to {limit} visible ASCII characters without spaces, such as a UUID.",
    },
  ),
  invalid_field: kind(
    422,
    { ru: "Ошибка в полях запроса", en: "Fields with faults" },
    {
      ru: "Ошибка в поле «{field}». {message} Все ошибки перечислены в errors.",
      en: 'Field "{field}" has a fault. {message} All faults are listed in errors.',
    },
  ),
  mode_unknown: kind(
    400,
    { ru: "Неизвестный режим", en: "Unknown mode" },
    {
      ru: "Режима «{mode}» нет. Есть strict (всё или ничего) и dry_run (проверка без сохранения); без mode принимаются все строки без ошибок.",
      en: 'There is no mode "{mode}". There are strict (all or nothing) and dry_run (check, store nothing); without mode, all good rows are taken.',
    },
  ),
  overloaded: kind(
    503,
    { ru: "Шлюз перегружен", en: "Gateway overloaded" },
    {
      ru: "Сейчас слишком много запросов. Этот запрос не сохранён; повторите его через {seconds} с.",
      en: "There are too many requests just now. This one was not stored; send it again in {seconds} s.",
    },
  ),
  storage_unavailable: kind(
    503,
    { ru: "Хранилище недоступно", en: "Storage unavailable" },
    {
      ru: "Сейчас данные нельзя записать на диск, поэтому запрос не принят. Повторите его через {seconds} с.",
      en: "Data cannot be written to disk just now, so the request was not accepted. Send it again in {seconds} s.",
    },
  ),
  internal_error: kind(
    500,
    { ru: "Внутренняя ошибка", en: "Internal error" },
    {
      ru: "Шлюз не смог выполнить запрос. Ошибка записана в журнал под номером {request_id}; повторите запрос позже.",
      en: "The gateway could not carry out the request. The fault is in its log under {request_id}; send the request again later.",
    },
  ),
} as const satisfies Record<string, ProblemKind>;

/** The stable code of a problem. */
export type ProblemCode = keyof typeof problemCatalogue;
