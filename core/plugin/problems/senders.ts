import { kind } from "./kind.ts";

/** Of senders, and of what they send. */
export const sendersProblems = {
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
  plugin_missing: kind(
    503,
    { ru: "Плагин не подключён", en: "Plugin missing" },
    {
      ru: "Плагин {plugin} сейчас не подключён к шлюзу. Запрос не сохранён; повторите его через {seconds} с.",
      en: "The plugin {plugin} is not part of the gateway just now. The request was not stored; send it again in {seconds} s.",
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
  counter_not_allowed: kind(
    409,
    { ru: "Счётчик не разрешён", en: "Counter not allowed" },
    {
      ru: "Источник не отправляет в счётчик {counter_id}; ему разрешены: {allowed}. Ничего не сохранено. Добавьте счётчик в настройку counters источника или исправьте номер.",
      en: "The source does not send to counter {counter_id}; it may send to: {allowed}. Nothing was stored. Add the counter to the source's setting counters, or mend the number.",
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
  mode_unknown: kind(
    400,
    { ru: "Неизвестный режим", en: "Unknown mode" },
    {
      ru: "Режима «{mode}» нет. Есть strict (всё или ничего) и dry_run (проверка без сохранения); без mode принимаются все строки без ошибок.",
      en: 'There is no mode "{mode}". There are strict (all or nothing) and dry_run (check, store nothing); without mode, all good rows are taken.',
    },
  ),
  too_many_conversions: kind(
    413,
    { ru: "Слишком много конверсий", en: "Too many conversions" },
    {
      ru: "В запросе {count} конверсий, а принимается не больше {limit}. Ничего не сохранено; разделите их на несколько запросов.",
      en: "The request has {count} conversions; at most {limit} are taken at once. Nothing was stored; split them into several requests.",
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
} as const;
