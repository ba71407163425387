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
  operator_required: kind(
    403,
    { ru: "Только для оператора", en: "For the operator only" },
    {
      ru: "Это может только оператор установки: командой «bun run cli» на машине, где работает шлюз.",
      en: 'Only the operator of the installation may do this, by "bun run cli" on the machine where the gateway runs.',
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
      ru: "Передайте секрет, который был показан при создании, в заголовке {header}.",
      en: "Send the secret that was shown at creation in the header {header}.",
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
      ru: "Проверить номер загрузки не удалось: Метрика не ответила или не приняла токен. Решение не записано, повторите через {seconds} с.",
      en: "The number could not be checked: Metrika did not answer, or did not accept the token. The decision was not stored; repeat it in {seconds} s.",
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
