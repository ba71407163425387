import { kind } from "./kind.ts";

/** Of files on their way, and of what Metrika answers a person. */
export const uploadsProblems = {
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
} as const;
