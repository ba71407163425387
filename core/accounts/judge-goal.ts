import { nearestTarget } from "../conversion/nearest-target.ts";
import type { Localized, Params } from "../language.ts";
import { goalIdentifiers, type MetrikaGoal } from "../metrika/goals.ts";
import { goalOf } from "../metrika/make-goal.ts";

/** What is told of an identifier that was looked for on a counter, by stable code. */
export const goalSentences = {
  exists: {
    ru: "Цель {goal} с идентификатором «{identifier}» есть, офлайн-конверсии до неё доходят.",
    en: "Goal {goal} has the identifier “{identifier}”, and offline conversions reach it.",
  },
  wrong_type: {
    ru: "Идентификатор «{identifier}» есть у цели {goal}, но её тип — «{type}», а нужен «JavaScript-событие». Создайте цель нужного типа; эту удалите, если она не нужна.",
    en: "Goal {goal} has the identifier “{identifier}”, but its type is “{type}”, not “JavaScript event”. Make a goal of that type; delete this one if it is not needed.",
  },
  wrong_condition: {
    ru: "Идентификатор «{identifier}» есть у цели {goal}, но её условие — «{condition}», а нужно «совпадает». Измените условие цели в Метрике.",
    en: "Goal {goal} has the identifier “{identifier}”, but its condition is “{condition}”, not “matches”. Change the condition of the goal in Metrika.",
  },
  missing: {
    ru: "Цели с идентификатором «{identifier}» нет, и похожих тоже. Создайте её: POST /v1/counters/{counter}/goals/ensure.",
    en: "No goal has the identifier “{identifier}”, nor one like it. Make it: POST /v1/counters/{counter}/goals/ensure.",
  },
  missing_nearest: {
    ru: "Цели с идентификатором «{identifier}» нет; самый похожий — «{nearest}». Если это не он, создайте цель: POST /v1/counters/{counter}/goals/ensure.",
    en: "No goal has the identifier “{identifier}”; the nearest is “{nearest}”. If that is not it, make the goal: POST /v1/counters/{counter}/goals/ensure.",
  },
  not_action: {
    ru: "Тип цели — «{type}»: офлайн-конверсии доходят только до целей типа «JavaScript-событие».",
    en: "The goal is of type “{type}”: offline conversions reach only goals of the type “JavaScript event”.",
  },
  not_exact: {
    ru: "Условие цели — «{condition}»: офлайн-конверсии доходят только до целей с условием «совпадает».",
    en: "The goal's condition is “{condition}”: offline conversions reach only goals with the condition “matches”.",
  },
} as const satisfies Record<string, Localized>;

/** A sentence of {@link goalSentences} with what fills its blanks. */
export interface GoalRemark {
  readonly code: keyof typeof goalSentences;
  readonly params: Params;
}

/** Why offline conversions cannot reach a goal; null: they can. https://yandex.ru/dev/metrika/ru/management/offline-conv */
export function whyUnreachable(goal: MetrikaGoal): GoalRemark | null {
  if (goalIdentifiers([goal]).size > 0) return null;
  const condition = goal.conditions[0]?.type ?? "—";
  return goal.type === "action"
    ? { code: "not_exact", params: { condition } }
    : { code: "not_action", params: { type: goal.type || "—" } };
}

/** What a counter has under an identifier. */
export interface GoalVerdict {
  readonly status: "exists" | "wrong_type" | "wrong_condition" | "missing";
  /** The goal that is meant; null when it is missing. */
  readonly goal: MetrikaGoal | null;
  /** Of a missing one, the existing identifier most like it. */
  readonly nearest: string | null;
  readonly remark: GoalRemark;
}

/** Looks for an identifier among a counter's goals; a goal's number and name are no identifiers. */
export function judgeGoal(goals: readonly MetrikaGoal[], counterId: number, identifier: string): GoalVerdict {
  const found = goalOf(goals, identifier);
  if (found !== null) return verdict("exists", found, { identifier });
  const named = goals.filter((goal) => goal.status !== "Deleted" && conditionOf(goal, identifier) !== undefined);
  // Of two that are wrong, the one that lacks less is named.
  const event = named.find(({ type }) => type === "action");
  if (event !== undefined)
    return verdict("wrong_condition", event, { identifier, condition: conditionOf(event, identifier)?.type || "—" });
  const [other] = named;
  if (other !== undefined) return verdict("wrong_type", other, { identifier, type: other.type || "—" });
  const nearest = nearestTarget(identifier, [...goalIdentifiers(goals)]);
  const params = { identifier, counter: counterId };
  const remark: GoalRemark =
    nearest === null ? { code: "missing", params } : { code: "missing_nearest", params: { ...params, nearest } };
  return { status: "missing", goal: null, nearest, remark };
}

/** The condition of a goal that names an identifier. */
export const conditionOf = (goal: MetrikaGoal, identifier: string) =>
  goal.conditions.find(({ url }) => url === identifier);

function verdict(status: "exists" | "wrong_type" | "wrong_condition", goal: MetrikaGoal, params: Params): GoalVerdict {
  return { status, goal, nearest: null, remark: { code: status, params: { ...params, goal: goal.id } } };
}
