import { kind } from "./kind.ts";

/** Of counters and goals. */
export const countersProblems = {
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
} as const;
