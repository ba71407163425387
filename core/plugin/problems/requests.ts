import { CLOSE, kind } from "./kind.ts";

/** Of requests, whatever they are about, and of the gateway itself. */
export const requestsProblems = {
  not_found: kind(
    404,
    { ru: "Не найдено", en: "Not found" },
    {
      ru: "По адресу {path} ничего нет. Список адресов — на странице /docs.",
      en: "There is nothing at {path}. The page /docs lists what there is.",
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
  invalid_field: kind(
    422,
    { ru: "Ошибка в полях запроса", en: "Fields with faults" },
    {
      ru: "Ошибка в поле «{field}». {message} Все ошибки перечислены в errors.",
      en: 'Field "{field}" has a fault. {message} All faults are listed in errors.',
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
} as const;
