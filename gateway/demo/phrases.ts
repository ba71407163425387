import type { Localized } from "../../core/language.ts";

/** What the demo says, beside the gateway's own sentences, which come from its answers. */
export const phrases = {
  title: {
    ru: "metrika-gateway: офлайн-конверсии на пути в Яндекс Метрику",
    en: "metrika-gateway: offline conversions on their way to Yandex.Metrika",
  },
  subtitle: {
    ru: "Метрику играет симулятор: наружу ничего не уходит, данные исчезнут вместе с демонстрацией.",
    en: "A simulator plays Metrika: nothing leaves this machine, and the data goes when the demo ends.",
  },
  gateway: { ru: "шлюз", en: "gateway" },
  metrika: { ru: "Метрика", en: "Metrika" },
  counter: { ru: "счётчик", en: "counter" },
  counter_value: {
    ru: "{counter} {name}, цели: {goals}",
    en: "{counter} {name}, goals: {goals}",
  },
  log: { ru: "журнал", en: "log" },

  step_webhook: {
    ru: "1. Подключаем аккаунт Яндекса и создаём вебхук",
    en: "1. A Yandex account is connected, and a webhook is created",
  },
  account: { ru: "аккаунт", en: "account" },
  account_connected: {
    ru: "{login}: доступ разрешён на странице согласия (её тоже играет симулятор)",
    en: "{login}: access was allowed on the consent page (the simulator plays it too)",
  },
  secret_shown: { ru: "{secret} (показан один раз)", en: "{secret} (shown this once)" },
  step_example: {
    ru: "2. Отправляем пример из спецификации: конверсий 1",
    en: "2. The specification's example is posted: 1 conversion",
  },
  step_sales: {
    ru: "3. Отправляем продажи из CRM, gateway/demo/sales.json: конверсий {rows}",
    en: "3. Sales of a CRM are posted, gateway/demo/sales.json: {rows} conversions",
  },
  step_goal: {
    ru: "4. В Метрике создаём недостающую цель «{goal}» и больше ничего не делаем",
    en: "4. The missing goal “{goal}” is created in Metrika, and nothing else is done",
  },
  intake: {
    ru: "принято {accepted}, повторов {duplicates}, отклонено {rejected}",
    en: "{accepted} taken, {duplicates} repeated, {rejected} refused",
  },
  warned: { ru: "предупреждения: {codes}", en: "warnings: {codes}" },
  file: { ru: "файл {id} (строк: {rows}, {currency})", en: "file {id} (rows: {rows}, {currency})" },
  files: {
    ru: "файлов: {count}, по одному на цель, вид идентификатора и валюту (строк: {rows}), чтобы доля привязанных была точной",
    en: "files: {count}, one for each goal, kind of identifier and currency (rows: {rows}), so that match rates are exact",
  },
  waits_again: {
    ru: "строки, ждавшие своего часа, готовы к отправке",
    en: "rows that waited are ready to be sent",
  },
  metrika_works: { ru: "Метрика обрабатывает: {status}", en: "Metrika works on it: {status}" },
  settled: {
    ru: "обработано {processed} из {total}",
    en: "{processed} of {total} processed",
  },
  match_rate: {
    ru: "доля привязки {rate} %: к визитам привязано {linked} из {taken} строк, взятых Метрикой",
    en: "match rate {rate} %: {linked} of {taken} rows taken by Metrika are linked to visits",
  },
  rows: { ru: "строк: {count}", en: "rows: {count}" },
  fate_duplicate: {
    ru: "Повтор уже принятой строки, хотя записан иначе: учтён один раз.",
    en: "A repeat of a row already taken, though spelled differently: counted once.",
  },
  fate_rejected: { ru: "Отклонена при приёме, причина названа выше.", en: "Refused at intake, for the reason above." },
  books: {
    ru: "Учтено Метрикой: {conversions}, передано строк: {rows}. Ни одной потери, ни одного задвоения.",
    en: "Metrika has counted {conversions} conversions from {rows} rows: none lost, none twice.",
  },

  try_it: { ru: "Шлюз работает. Попробуйте сами:", en: "The gateway stays up. Try it:" },
  try_sale: {
    ru: "новая продажа; отправленная второй раз, она узнаётся как повтор",
    en: "a new sale; sent a second time, it is recognised as a repeat",
  },
  try_example: {
    ru: "пример из спецификации; он уже отправлен, поэтому узнаётся как повтор",
    en: "the specification's example; it was posted above, so it is recognised as a repeat",
  },
  try_status: {
    ru: "что стало с продажами CRM; подставьте и свой batch_id",
    en: "what became of the CRM's sales; put your own batch_id there too",
  },
  try_rows: { ru: "судьба каждой строки", en: "the fate of each row" },
  local_only: {
    ru: "Эти адреса видны только с этой машины. Какой нужен CRM и как его получить: docs/deployment.ru.md",
    en: "These addresses work on this machine only. What a CRM needs and how to get it: docs/deployment.md",
  },
  docs: { ru: "документация", en: "documentation" },
  openapi: { ru: "описание API", en: "API document" },
  ledger: { ru: "учёт симулятора", en: "simulator's books" },
  stop: { ru: "Остановить: Ctrl-C", en: "Stop it with Ctrl-C" },
  batch: { ru: "Пакет {batch}", en: "Batch {batch}" },

  stopped: { ru: "Остановлено, временные данные удалены.", en: "Stopped; the temporary data is removed." },
  port_taken: {
    ru: "Порт {port} занят другой программой. Возьмите свободный: PORT=8888 bun run demo",
    en: "Port {port} is taken by another program. Choose a free one: PORT=8888 bun run demo",
  },
  not_settled: {
    ru: "За {seconds} с не всё дошло до конца.",
    en: "Not everything was settled within {seconds} s.",
  },
  not_as_expected: {
    ru: "Вышло не то, что должно: {what}.",
    en: "This is not what should have come out: {what}.",
  },
  see_log: { ru: "Подробности в журнале: {file}", en: "The log tells more: {file}" },
} as const satisfies Record<string, Localized>;

/** The name of a phrase. */
export type PhraseName = keyof typeof phrases;
