import type { Localized } from "../language.ts";

/**
 * The part of a sentence that explains the very mistake (`problem`) or the way out (`mend`). A phrase continues its
 * sentence, so it begins in lower case (after "date_time_in_future" in upper) and has no full stop.
 */
export const findingPhrases = {
  // no_identifier
  add_identifier: {
    ru: "укажите хотя бы одно из полей client_id, yclid, user_id, purchase_id",
    en: "give at least one of the fields client_id, yclid, user_id, purchase_id",
  },
  rename_identifier: {
    ru: "похоже, он передан под другим именем, переименуйте поле ({similar})",
    en: "it seems to be sent under another name, rename the field ({similar})",
  },
  // client_id_format, yclid_format, identifier_format, target_format
  client_id_digits: {
    ru: "в нём бывают только цифры; возьмите их из cookie _ym_uid или из ответа getClientID",
    en: "it consists of digits only; take them from the cookie _ym_uid or from the answer of getClientID",
  },
  yclid_digits: {
    ru: "в нём бывают только цифры; возьмите их из параметра yclid в адресе страницы, на которую пришёл посетитель",
    en: "it consists of digits only; take them from the parameter yclid in the address of the landing page",
  },
  space_around: {
    ru: "в начале или в конце стоит пробел; уберите его",
    en: "it begins or ends with a space; remove it",
  },
  no_break_space_around: {
    ru: "в начале или в конце стоит неразрывный пробел; уберите его",
    en: "it begins or ends with a non-breaking space; remove it",
  },
  spaces_inside: {
    ru: 'цифры разделены пробелами; в 1С выводите число так: Формат(Число, "ЧГ=0"), в Excel задайте ячейке текстовый формат, в JSON передавайте строку в кавычках',
    en: 'its digits are separated by spaces; in 1C print the number with Format(Number, "NG=0"), in Excel give the cell the text format, in JSON send a string in quotes',
  },
  no_break_space_inside: {
    ru: 'внутри стоят неразрывные пробелы; в 1С выводите число так: Формат(Число, "ЧГ=0"), в Excel задайте ячейке текстовый формат, в JSON передавайте строку в кавычках',
    en: 'it contains non-breaking spaces; in 1C print the number with Format(Number, "NG=0"), in Excel give the cell the text format, in JSON send a string in quotes',
  },
  digits_grouped: {
    ru: 'цифры разделены запятыми, точками или апострофами; в 1С выводите число так: Формат(Число, "ЧГ=0"), в Excel задайте ячейке текстовый формат, в JSON передавайте строку в кавычках',
    en: 'its digits are separated by commas, dots or apostrophes; in 1C print the number with Format(Number, "NG=0"), in Excel give the cell the text format, in JSON send a string in quotes',
  },
  exponent: {
    ru: 'число записано с показателем степени, и часть цифр потеряна; возьмите исходное значение: в 1С выводите его так: Формат(Число, "ЧГ=0"), в Excel до вставки задайте ячейке текстовый формат, в JSON передавайте строку в кавычках',
    en: 'the number is written with an exponent and some digits are lost; take the original value: in 1C print it with Format(Number, "NG=0"), in Excel give the cell the text format before pasting, in JSON send a string in quotes',
  },
  quote_around: {
    ru: "в начале или в конце стоит кавычка или апостроф; уберите их",
    en: "it begins or ends with a quotation mark or an apostrophe; remove them",
  },
  google_cookie: {
    ru: "это cookie _ga Google Analytics; возьмите ClientID Метрики: это цифры из cookie _ym_uid или ответ getClientID",
    en: "this is the cookie _ga of Google Analytics; take Metrika's ClientID: the digits in the cookie _ym_uid or the answer of getClientID",
  },
  number_fraction: {
    ru: "это дробное число, а в JSON такие числа округляются; передайте идентификатор строкой в кавычках",
    en: "this is a number with a fraction, and JSON rounds such numbers; send the identifier as a string in quotes",
  },
  number_rounded: {
    ru: "число слишком велико и могло округлиться; передайте идентификатор строкой в кавычках",
    en: "the number is too large and may have been rounded; send the identifier as a string in quotes",
  },
  number_negative: {
    ru: "число меньше нуля; передайте сам идентификатор строкой в кавычках",
    en: "the number is below zero; send the identifier itself as a string in quotes",
  },
  not_a_string: {
    ru: "нужна строка в кавычках или целое число",
    en: "a string in quotes or a whole number is needed",
  },
  // date_time_format
  time_spelling: {
    ru: "нужен вид 2026-07-01T12:34:56+03:00 или секунды Unix (10 цифр)",
    en: "write it like 2026-07-01T12:34:56+03:00 or as Unix seconds (10 digits)",
  },
  time_respelled: {
    ru: "запишите его так: {suggestion}",
    en: "write it like this: {suggestion}",
  },
  time_impossible: {
    ru: "такой даты или такого времени не бывает; проверьте месяц, день, часы (0–23), минуты и секунды (0–59)",
    en: "there is no such date or time; check the month, the day, the hours (0–23), the minutes and seconds (0–59)",
  },
  time_spreadsheet: {
    ru: "похоже на внутреннее число Excel; выведите время текстом вида 2026-07-01T12:34:56+03:00",
    en: "it looks like the internal number of Excel; print the time as text like 2026-07-01T12:34:56+03:00",
  },
  // date_time_in_future
  future_offset: {
    ru: "Похоже, не указано или неверно смещение часового пояса: вероятно, это местное время с {offset}; передайте {suggestion}",
    en: "The time zone offset seems to be missing or wrong: this is probably a local time at {offset}; send {suggestion}",
  },
  future_unix: {
    ru: "Похоже, к секундам Unix прибавлено смещение часового пояса; они всегда отсчитываются от UTC, не прибавляйте его",
    en: "A time zone offset seems to be added to the Unix seconds; they always count from UTC, do not add it",
  },
  future_clock: {
    ru: "Похоже, часы отправителя спешат; сверьте их и передайте конверсию снова",
    en: "The clock of the sender seems to be fast; set it and send the conversion again",
  },
  future_date: {
    ru: "Проверьте дату и передайте время, когда конверсия уже произошла",
    en: "Check the date and send the time at which the conversion has already happened",
  },
  // price_format
  price_respelled: {
    ru: "запишите её так: {suggestion}",
    en: "write it like this: {suggestion}",
  },
  price_spelling: {
    ru: "нужно число с точкой, без пробелов и знака валюты, например 12500.50",
    en: "write a number with a decimal point, without spaces and currency sign, for example 12500.50",
  },
  price_exponent: {
    ru: "число записано с показателем степени; передайте его обычной десятичной дробью в кавычках, например 12500.50",
    en: "the number is written with an exponent; send it as an ordinary decimal in quotes, for example 12500.50",
  },
  price_digits: {
    ru: "допустимо не больше 15 цифр до точки и 20 после; проверьте значение",
    en: "at most 15 digits before and 20 after the decimal point are allowed; check the value",
  },
  // currency_unknown
  currency_respelled: {
    ru: "укажите {suggestion}",
    en: "send {suggestion}",
  },
  currency_spelling: {
    ru: "укажите три буквы по ISO 4217, например RUB",
    en: "send the three letters of ISO 4217, for example RUB",
  },
  // unknown_field
  field_similar: {
    ru: "возможно, имелось в виду {nearest}",
    en: "perhaps {nearest} was meant",
  },
  field_ignored: {
    ru: "уберите его или проверьте имя",
    en: "remove it or check its name",
  },
} as const satisfies Record<string, Localized>;

/** The name of a phrase, as it stands in a finding's params `problem` and `mend`. */
export type FindingPhrase = keyof typeof findingPhrases;
