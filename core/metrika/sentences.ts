import type { Localized } from "../language.ts";
import type { MetrikaErrorCode } from "./errors.ts";

/** One sentence for each failure, for people. None has a blank: what Metrika itself said stands in the error's message. */
export const metrikaSentences: Readonly<Record<MetrikaErrorCode, Localized>> = {
  metrika_throttled: {
    ru: "Метрика просит подождать: исчерпана квота на запросы. Отправка продолжится сама.",
    en: "Metrika asks to wait: a request quota is used up. Sending goes on by itself.",
  },
  metrika_unauthorized: {
    ru: "Метрика не приняла токен: он недействителен, отозван или истёк. Укажите новый токен.",
    en: "Metrika refused the token: it is invalid, revoked or expired. Set a new token.",
  },
  metrika_forbidden: {
    ru: "У токена не хватает прав. Нужны доступ «Редактирование» к счётчику и права metrika:write либо metrika:offline_data; для чтения целей — ещё и metrika:read.",
    en: "The token lacks rights. It needs edit access to the counter and the scope metrika:write or metrika:offline_data; reading goals needs metrika:read as well.",
  },
  metrika_rejected: {
    ru: "Метрика отклонила запрос и отклонит его снова, если не исправить данные.",
    en: "Metrika refused the request and will refuse it again until its content is mended.",
  },
  metrika_not_found: {
    ru: "Метрика не нашла запрошенное. Проверьте номер счётчика.",
    en: "Metrika did not find what was asked for. Check the counter's number.",
  },
  metrika_unavailable: {
    ru: "Метрика временно не отвечает на запросы. Отправка будет повторена.",
    en: "Metrika is out of order for the moment. Sending will be tried again.",
  },
  metrika_unreachable: {
    ru: "Не удалось связаться с Метрикой. Отправка будет повторена; если это длится долго, проверьте сеть и адрес сервера Метрики в настройках.",
    en: "Metrika could not be reached. Sending will be tried again; if this lasts, check the network and the address of Metrika in the settings.",
  },
  metrika_timed_out: {
    ru: "Метрика слишком долго молчит. Отправка будет повторена.",
    en: "Metrika has been silent for too long. Sending will be tried again.",
  },
  metrika_invalid_answer: {
    ru: "Ответ Метрики не удалось разобрать. Возможно, на её адресе отвечает другой сервер.",
    en: "Metrika's answer could not be read. Another server may be answering at its address.",
  },
  metrika_aborted: {
    ru: "Обращение к Метрике прервано самим шлюзом.",
    en: "The gateway itself broke off the call to Metrika.",
  },
  metrika_file_size_mismatch: {
    ru: "Файл конверсий изменился во время отправки, поэтому она прервана.",
    en: "The conversions file changed while it was being sent, so sending was broken off.",
  },
  metrika_log_part_broken: {
    ru: "Часть лога Метрики пришла не целиком или повреждена. Она будет скачана заново.",
    en: "A part of Metrika's log arrived incomplete or damaged. It will be downloaded again.",
  },
};
