import type { Localized } from "../language.ts";

/** What is told of batches, rows and uploads, by stable code. */
export const deliverySentences = {
  rows_rejected: {
    ru: "Отклонено строк: {rows}. Причина каждой указана в rejections.",
    en: "Rows refused: {rows}. The reason of each stands in rejections.",
  },
  waiting_goal: {
    ru: "Строк, ждущих цель «{target}»: {rows}. На счётчике нет такой цели{nearest}. Создайте цель типа «JavaScript-событие» с этим идентификатором, и строки уйдут сами; через 21 день они станут ошибкой.",
    en: "Rows waiting for the goal “{target}”: {rows}. The counter has no such goal{nearest}. Create a goal of the type “JavaScript event” with this identifier and the rows will go by themselves; after 21 days they become an error.",
  },
  goal_not_found: {
    ru: "Строк с неизвестной целью «{target}»: {rows}. За 21 день такая цель на счётчике не появилась{nearest}. Исправьте target и передайте строки снова.",
    en: "Rows with the unknown goal “{target}”: {rows}. No such goal appeared on the counter in 21 days{nearest}. Correct target and send the rows again.",
  },
  goals_unreadable: {
    ru: "Цели счётчика {counter} прочитать не удалось, поэтому строки отправляются без проверки target. Если у токена нет права metrika:read, дайте его, чтобы опечатки находились до отправки.",
    en: "The goals of counter {counter} could not be read, so rows are sent without checking target. If the token lacks the right metrika:read, grant it to have misspellings found before sending.",
  },
  cancelled: {
    ru: "Отменено строк с целью «{target}»: {rows}.",
    en: "Rows cancelled with the goal “{target}”: {rows}.",
  },
  delivery_paused: {
    ru: "Отправку этого вебхука приостановил человек; строк, которые ждут: {rows}. Они уйдут сами, когда её возобновят (delivery_paused: false).",
    en: "A person has paused the delivery of this webhook; rows that wait: {rows}. They will go by themselves when it is resumed (delivery_paused: false).",
  },
  metrika_refused_all_rows: {
    ru: "Метрика не приняла ни одной строки файла (строк: {rows}).",
    en: "Metrika took no row of the file (rows: {rows}).",
  },
  metrika_rejected: {
    ru: "Метрика отказалась принять файл (строк: {rows}): {text}",
    en: "Metrika refused the file (rows: {rows}): {text}",
  },
  metrika_not_found: {
    ru: "Метрика не нашла счётчик для файла (строк: {rows}): {text}",
    en: "Metrika did not find the counter for the file (rows: {rows}): {text}",
  },
  metrika_refused_rows: {
    ru: "Метрика не приняла {refused} из {rows} строк файла {upload}; какие именно, она не сообщает.",
    en: "Metrika did not take {refused} of the {rows} rows of file {upload}; it does not say which.",
  },
  linkage_failure: {
    ru: "Метрика обработала файл {upload}, но не нашла визита ни для одной строки (строк: {rows}): проверьте идентификаторы посетителей и что их визиты были не раньше 21 дня назад.",
    en: "Metrika processed file {upload}, but found no visit for any row (rows: {rows}): check the visitors' identifiers, and that their visits were within 21 days.",
  },
  linked_n_of_m: {
    ru: "Метрика обработала файл {upload} и привязала {linked} из {rows} строк; какие именно, она не сообщает.",
    en: "Metrika processed file {upload} and linked {linked} of its {rows} rows; it does not say which.",
  },
  user_not_found: {
    ru: "В файле {upload} Метрика не нашла посетителя для {missing} из {rows} строк.",
    en: "In file {upload} Metrika found no visitor for {missing} of {rows} rows.",
  },
  goal_not_found_at_metrika: {
    ru: "В файле {upload} Метрика не нашла цель для {missing} из {rows} строк.",
    en: "In file {upload} Metrika found no goal for {missing} of {rows} rows.",
  },
  waiting_token: {
    ru: "Отправка ждёт. {text} С рабочим токеном строки уйдут сами.",
    en: "Sending waits. {text} With a token that works the rows will go by themselves.",
  },
  waiting_quota: {
    ru: "Отправка ждёт: дневной лимит запросов к Метрике исчерпан до 00:00 по Гринвичу.",
    en: "Sending waits: the daily limit of requests to Metrika is used up until 00:00 GMT.",
  },
  waiting_counter_quota: {
    ru: "Файл (строк: {rows}) ждёт: дневной лимит запросов к этому счётчику Метрики исчерпан до 00:00 по Гринвичу.",
    en: "The file (rows: {rows}) waits: the daily limit of requests to this counter of Metrika is used up until 00:00 GMT.",
  },
  answer_lost: {
    ru: "Ответ Метрики на файл (строк: {rows}) потерян; шлюз ищет файл в её списке, прежде чем отправить его снова.",
    en: "Metrika's answer to the file (rows: {rows}) was lost; the gateway looks for the file in its list before sending it again.",
  },
  held_for_person: {
    ru: "Ответ Метрики на файл {upload} (строк: {rows}) потерян, и в её списке файла нет. Источник велит не отправлять такой файл без человека: проверьте загрузки счётчика в Метрике и решите запросом POST /v1/uploads/{upload}/resolve. Раз в час шлюз ищет файл снова.",
    en: "Metrika's answer to file {upload} (rows: {rows}) was lost, and its list does not hold the file. The source says that such a file is not sent again without a person: look at the counter's uploads in Metrika and decide by POST /v1/uploads/{upload}/resolve. Once an hour the gateway looks for the file again.",
  },
  list_unreadable: {
    ru: "Ответ Метрики на файл {upload} (строк: {rows}) потерян, а список её загрузок не читается больше суток, поэтому неизвестно, дошёл ли файл. Шлюз продолжает попытки; проверьте доступ токена к счётчику или решите запросом POST /v1/uploads/{upload}/resolve.",
    en: "Metrika's answer to file {upload} (rows: {rows}) was lost, and the list of its uploads could not be read for more than a day, so whether the file arrived is not known. The gateway keeps trying; check the token's access to the counter, or decide by POST /v1/uploads/{upload}/resolve.",
  },
  late: {
    ru: "Файл (строк: {rows}) ещё не у Метрики, хотя с самой ранней из его своевременных конверсий прошёл 21 день: такие строки Метрика может не привязать. Он всё равно будет отправлен.",
    en: "The file (rows: {rows}) is not at Metrika yet, though 21 days have passed since the earliest of its conversions that came in time: Metrika may not link such rows. It will be sent all the same.",
  },
  retrying: {
    ru: "Файл (строк: {rows}) пока не отправлен. {text}",
    en: "The file (rows: {rows}) is not sent yet. {text}",
  },
  metrika_stuck: {
    ru: "Метрика обрабатывает файл {upload} дольше суток. Шлюз продолжает следить за ним.",
    en: "Metrika has worked on file {upload} for more than a day. The gateway keeps watching it.",
  },
  metrika_unknown_status: {
    ru: "Метрика сообщила о файле {upload} неизвестный статус {status}. Шлюз продолжает следить за ним.",
    en: "Metrika gave file {upload} the unknown status {status}. The gateway keeps watching it.",
  },
  metrika_lost_sight: {
    ru: "Метрика приняла файл {upload}, но не показывает его в своём списке. Шлюз продолжает следить за ним.",
    en: "Metrika took file {upload} but does not show it in its list. The gateway keeps watching it.",
  },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link deliverySentences}. */
export type DeliveryCode = keyof typeof deliverySentences;

/** The part of a sentence that names the nearest existing goal. */
export const nearestGoalPhrase: Localized = {
  ru: "; ближайшая существующая — «{nearest}»",
  en: "; the nearest existing one is “{nearest}”",
};

/** The finer truth about one row. */
export const rowDetails = {
  queued: { ru: "Принята и ждёт отправки.", en: "Accepted and waiting to be sent." },
  waiting_goal: {
    ru: "Ждёт, пока на счётчике появится цель «{target}».",
    en: "Waits until the counter has the goal “{target}”.",
  },
  waiting_token: {
    ru: "Ждёт: Метрика не принимает токен источника.",
    en: "Waits: Metrika does not accept the source's token.",
  },
  sending: { ru: "Отправляется в Метрику.", en: "Is being sent to Metrika." },
  answer_lost: {
    ru: "Ответ Метрики потерян; файл ищется в её списке.",
    en: "Metrika's answer was lost; the file is being looked for in its list.",
  },
  held: {
    ru: "Ответ Метрики потерян, в её списке файла нет: отправить ли его снова, решает человек.",
    en: "Metrika's answer was lost and its list does not hold the file: a person decides whether it is sent again.",
  },
  sent: { ru: "Файл у Метрики, обработка не началась.", en: "Metrika has the file and has not begun to work on it." },
  processing: { ru: "Метрика обрабатывает файл.", en: "Metrika works on the file." },
  linked: { ru: "Метрика привязала строку к визиту.", en: "Metrika linked the row to a visit." },
  not_linked: {
    ru: "Метрика обработала файл, но визита для строки не нашла.",
    en: "Metrika processed the file, but found no visit for the row.",
  },
  linked_n_of_m: {
    ru: "Метрика обработала файл и привязала {linked} из {rows} строк; какие именно, она не сообщает.",
    en: "Metrika processed the file and linked {linked} of {rows} rows; it does not say which.",
  },
  linked_unknown: {
    ru: "Метрика обработала файл и не сообщила, сколько строк привязала.",
    en: "Metrika processed the file and did not say how many rows it linked.",
  },
  second_shared: {
    ru: "Метрика обработала файл, но из продаж одного посетителя с одной целью в одну секунду хранит одну, а свободной секунды за полминуты до этой продажи не нашлось. Передавайте настоящее время продажи.",
    en: "Metrika processed the file, but keeps one of the sales of one visitor with one target in one second, and in the half minute before this sale no second was free. Send the real time of the sale.",
  },
  goal_not_found: {
    ru: "Цель «{target}» не появилась на счётчике за 21 день.",
    en: "The goal “{target}” did not appear on the counter in 21 days.",
  },
  delivery_paused: {
    ru: "Ждёт: отправку приостановил человек.",
    en: "Waits: a person has paused delivery.",
  },
  cancelled: { ru: "Отменена до отправки.", en: "Cancelled before it was sent." },
  failed: { ru: "Метрика не приняла файл с этой строкой.", en: "Metrika did not take the file with this row." },
  rejected: { ru: "Отклонена при приёме.", en: "Refused at intake." },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link rowDetails}. */
export type RowDetail = keyof typeof rowDetails;
