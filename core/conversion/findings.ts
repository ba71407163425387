import { type Language, type Localized, type Params, render } from "../language.ts";
import { type FindingPhrase, findingPhrases } from "./finding-phrases.ts";

/**
 * Every refusal and warning a row can meet, by its stable code. `{field}` is the finding's field, the other blanks are its
 * params; a param `problem` or `mend` names one of the {@link findingPhrases}, so that one code can explain the very mistake.
 *
 * Facts about Metrika: https://yandex.ru/dev/metrika/ru/management/offline-conv (columns, identifiers, the 21 days) and
 * https://yandex.ru/dev/metrika/ru/management/conversion (how a row meets a visit).
 */
export const findingSentences = {
  not_an_object: {
    ru: "Строка должна быть объектом JSON с полями конверсии, а получено «{value}». Передайте объект в фигурных скобках.",
    en: "A row must be a JSON object with the fields of a conversion, but “{value}” was received. Send an object in braces.",
  },
  no_identifier: {
    ru: "Нет ни одного идентификатора посетителя: {mend}.",
    en: "There is no visitor identifier: {mend}.",
  },
  kept_by_contact: {
    ru: "Нет ни одного идентификатора посетителя, поэтому строка не отправляется как конверсия. Продажа сохранена под MD5 телефона или почты покупателя, для заказов CRM в Метрике; исправлять ничего не нужно.",
    en: "There is no visitor identifier, so the row is not sent as a conversion. The sale is kept under the MD5 of its buyer's phone or e-mail, for Metrika's CRM orders; nothing needs to be mended.",
  },
  client_id_format: {
    ru: "Поле client_id: «{value}» не годится как ClientID Метрики: {problem}.",
    en: "Field client_id: “{value}” cannot be a Metrika ClientID: {problem}.",
  },
  client_id_google: {
    ru: "Поле client_id: «{value}» с точкой похоже на идентификатор Google Analytics (cookie _ga). Строка принята, но Метрика узнаёт посетителя по своему ClientID: это цифры из cookie _ym_uid или ответ getClientID.",
    en: "Field client_id: “{value}” with a dot looks like a Google Analytics id (cookie _ga). The row is accepted, but Metrika knows a visitor by its own ClientID: the digits in the cookie _ym_uid or the answer of getClientID.",
  },
  yclid_format: {
    ru: "Поле yclid: «{value}» не годится как идентификатор клика Директа: {problem}.",
    en: "Field yclid: “{value}” cannot be a Yandex Direct click id: {problem}.",
  },
  identifier_format: {
    ru: "Поле {field}: «{value}» не годится как идентификатор: {problem}.",
    en: "Field {field}: “{value}” cannot be an identifier: {problem}.",
  },
  user_id_looks_personal: {
    ru: "Поле user_id: «{value}» похоже на адрес почты или телефон. Персональные данные лучше не передавать в Метрику: укажите внутренний номер клиента или разрешите такие значения настройкой вебхука allow_personal_user_id.",
    en: "Field user_id: “{value}” looks like an e-mail address or a phone number. Personal data is better kept out of Metrika: send your own customer number, or allow such values by the webhook's setting allow_personal_user_id.",
  },
  too_long: {
    ru: "Поле {field}: значение «{value}» длиной {length} не помещается, предел {limit} символов. Передайте сам идентификатор без лишнего текста.",
    en: "Field {field}: the value “{value}” of length {length} does not fit, the limit is {limit} characters. Send the identifier alone, without other text.",
  },
  control_character: {
    ru: "Поле {field}: в значении «{value}» есть невидимый символ {character}. Удалите его: с ним Метрика не узнает значение.",
    en: "Field {field}: the value “{value}” contains the invisible character {character}. Remove it: Metrika would not recognise the value with it.",
  },
  not_unicode: {
    ru: "Поле {field}: значение «{value}» содержит половину символа (обрезано или в неверной кодировке). Передайте его целиком в UTF-8.",
    en: "Field {field}: the value “{value}” contains half a character (it was cut, or its encoding is wrong). Send it whole, in UTF-8.",
  },
  target_missing: {
    ru: "Поле target не заполнено. Укажите идентификатор цели типа «JavaScript-событие», например purchase.",
    en: "Field target is empty. Send the identifier of a goal of the type “JavaScript event”, for example purchase.",
  },
  target_format: {
    ru: "Поле target: «{value}» не годится как идентификатор цели: {problem}.",
    en: "Field target: “{value}” cannot be the identifier of a goal: {problem}.",
  },
  target_is_number: {
    ru: "Поле target: «{value}» похоже на номер цели, а Метрика ждёт её идентификатор. Строка принята; проверьте идентификатор в настройках цели.",
    en: "Field target: “{value}” looks like the number of a goal, while Metrika expects its identifier. The row is accepted; check the identifier in the settings of the goal.",
  },
  target_characters: {
    ru: "Поле target: в «{value}» есть символы {characters}, недопустимые в идентификаторе цели. Строка принята; проверьте идентификатор в настройках цели.",
    en: "Field target: “{value}” contains {characters}, which cannot stand in the identifier of a goal. The row is accepted; check the identifier in the settings of the goal.",
  },
  date_time_missing: {
    ru: "Поле date_time не заполнено. Укажите время конверсии, например 2026-07-01T12:34:56+03:00.",
    en: "Field date_time is empty. Send the time of the conversion, for example 2026-07-01T12:34:56+03:00.",
  },
  date_time_format: {
    ru: "Поле date_time: «{value}» не читается как время: {problem}.",
    en: "Field date_time: “{value}” cannot be read as a time: {problem}.",
  },
  date_only: {
    ru: "Поле date_time: в «{value}» есть дата, но нет времени. Добавьте время, например {suggestion}.",
    en: "Field date_time: “{value}” has a date but no time. Add the time, for example {suggestion}.",
  },
  date_time_gap: {
    ru: "Поле date_time: времени «{value}» в часовом поясе {zone} не было, стрелки перевели вперёд. Укажите смещение от UTC, например {suggestion}.",
    en: "Field date_time: the time “{value}” did not exist in the time zone {zone}, the clocks were put forward. Give the offset from UTC, for example {suggestion}.",
  },
  date_time_milliseconds: {
    ru: "Поле date_time: «{value}» похоже на миллисекунды, а нужны секунды Unix. Передайте {suggestion}.",
    en: "Field date_time: “{value}” looks like milliseconds, but Unix seconds are needed. Send {suggestion}.",
  },
  date_time_too_early: {
    ru: "Поле date_time: время «{value}» раньше 2000 года. Проверьте год и передайте время самой конверсии.",
    en: "Field date_time: the time “{value}” lies before the year 2000. Check the year and send the time of the conversion itself.",
  },
  date_time_in_future: {
    ru: "Поле date_time: время «{value}» ещё не наступило, до него {hours} ч {minutes} мин. {mend}.",
    en: "Field date_time: the time “{value}” has not come yet, it is {hours} h {minutes} min ahead. {mend}.",
  },
  too_old: {
    ru: "Поле date_time: «{value}» было {days} дн. назад. Строка принята, но Метрика свяжет её, только если посетитель был на сайте не раньше чем за 21 день до обработки; передавайте конверсии скорее.",
    en: "Field date_time: “{value}” was {days} days ago. The row is accepted, but Metrika links it only if the visitor came to the site within the 21 days before processing; send conversions sooner.",
  },
  price_format: {
    ru: "Поле price: «{value}» не читается как сумма: {problem}.",
    en: "Field price: “{value}” cannot be read as an amount: {problem}.",
  },
  price_negative: {
    ru: "Поле price: сумма «{value}» меньше нуля. Офлайн-конверсию нельзя удалить, но доход можно обнулить: передайте ту же конверсию с price: 0.",
    en: "Field price: the amount “{value}” is below zero. An offline conversion cannot be deleted, but its revenue can be taken back: send the same conversion with price: 0.",
  },
  currency_unknown: {
    ru: "Поле currency: «{value}» не код валюты: {mend}.",
    en: "Field currency: “{value}” is not a currency code: {mend}.",
  },
  unknown_field: {
    ru: "Поле {field} неизвестно и пропущено: {mend}.",
    en: "Field {field} is unknown and was ignored: {mend}.",
  },
  same_purchase_again: {
    ru: "Поле purchase_id: покупка «{purchase_id}» с этой целью уже передана со временем {first_date_time}. Строка принята как ещё одна конверсия; если это повтор, передавайте прежнее date_time.",
    en: "Field purchase_id: the purchase “{purchase_id}” was already sent for this target with the time {first_date_time}. The row is accepted as one more conversion; if it is a repeat, send the first date_time.",
  },
  stale_revision: {
    ru: "Поле price: сумма «{price}» уже была передана и позже изменена, поэтому строка сочтена запоздалым повтором. Если сумма верна, передайте её снова через 10 минут.",
    en: "Field price: the amount “{price}” was sent before and changed later, so the row counts as a late repeat. If the amount is right, send it again in 10 minutes.",
  },
  goal_not_found: {
    ru: "Поле target: когда цели счётчика читались в последний раз, цели «{target}» среди них не было; ближайшая — «{nearest}». Строка принята и будет проверена ещё раз; исправьте target или создайте цель, она подождёт 21 день.",
    en: "Field target: when the counter's goals were last read, “{target}” was not among them; the nearest is “{nearest}”. The row is accepted and will be checked again; correct target or create the goal, the row will wait for 21 days.",
  },
  goal_not_found_no_match: {
    ru: "Поле target: когда цели счётчика читались в последний раз, подходящих для офлайн-конверсий целей на нём не было. Строка принята; создайте цель типа «JavaScript-событие» с идентификатором «{target}», строка подождёт её 21 день.",
    en: "Field target: when the counter's goals were last read, it had none that offline conversions can reach. The row is accepted; create a goal of the type “JavaScript event” with the identifier “{target}”, the row will wait for it for 21 days.",
  },
} as const satisfies Record<string, Localized>;

/** The stable code of a refusal or a warning; it may be added to, never renamed. */
export type FindingCode = keyof typeof findingSentences;

/** One refusal or warning. Plain JSON: it is stored with the row and told later in the reader's language. */
export interface Finding {
  readonly code: FindingCode;
  /** The field of the received row, in its JSON spelling; "" when the row itself is at fault. */
  readonly field: string;
  readonly params: Params;
}

/** Tells a finding as one or more full sentences. */
export function describeFinding(finding: Finding, language: Language): string {
  const blanks: Record<string, string | number> = { field: finding.field, ...finding.params };
  for (const name of ["problem", "mend"]) {
    const phrase = blanks[name];
    if (isPhrase(phrase)) blanks[name] = render(findingPhrases[phrase], language, blanks);
  }
  return render(findingSentences[finding.code], language, blanks);
}

function isPhrase(name: string | number | undefined): name is FindingPhrase {
  return typeof name === "string" && Object.hasOwn(findingPhrases, name);
}
