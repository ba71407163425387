import * as v from "valibot";
import { Flag, Id64, Text } from "./fields.ts";
import type { CallOptions, MetrikaHttp } from "./http.ts";

const ConditionAnswer = v.object({ type: Text, url: Text });

// Types beyond the documented ones appear in live lists (form, button, cdp_order_*…), so `type` stays an open string.
const GoalAnswer = v.pipe(
  v.object({
    id: Id64,
    name: Text,
    type: Text,
    goal_source: Text,
    status: Text,
    is_favorite: Flag,
    conditions: v.optional(v.nullable(v.array(ConditionAnswer)), null),
  }),
  v.transform((goal) => ({
    /** Digits of an int64. */
    id: goal.id,
    name: goal.name ?? "",
    type: goal.type ?? "",
    /** `user` or `auto`. */
    source: goal.goal_source,
    status: goal.status,
    favorite: goal.is_favorite,
    conditions: (goal.conditions ?? []).map((condition) => ({ type: condition.type ?? "", url: condition.url ?? "" })),
  })),
);
const GoalsAnswer = v.object({ goals: v.optional(v.array(GoalAnswer), []) });
const OneGoalAnswer = v.object({ goal: GoalAnswer });

/** A goal of a counter. */
export type MetrikaGoal = v.InferOutput<typeof GoalAnswer>;

/** Reads all goals of a counter; there is no paging, a counter has at most 200. */
export async function listGoals(
  http: MetrikaHttp,
  { counterId, ...call }: CallOptions & { readonly counterId: number },
): Promise<readonly MetrikaGoal[]> {
  const path = `/management/v1/counter/${counterId}/goals`;
  return (await http({ ...call, method: "GET", path, query: { useDeleted: "false" }, answer: GoalsAnswer })).goals;
}

/** What a new goal for offline conversions is made of. */
export interface NewGoal {
  readonly name: string;
  /** The event identifier: what a conversion's target must equal. It must be {@link isGoalIdentifier}. */
  readonly identifier: string;
}

/**
 * Makes a goal of type `action` with the condition `exact`. A repeated call makes a second goal: list first, and list
 * again after a lost answer. https://yandex.ru/dev/metrika/ru/management/addgoal-example
 */
export async function createGoal(
  http: MetrikaHttp,
  { counterId, goal, ...call }: CallOptions & { readonly counterId: number; readonly goal: NewGoal },
): Promise<MetrikaGoal> {
  const conditions = [{ type: "exact", url: goal.identifier }];
  const body = { kind: "json", value: { goal: { name: goal.name, type: "action", conditions } } } as const;
  const path = `/management/v1/counter/${counterId}/goals`;
  return (await http({ ...call, method: "POST", path, body, answer: OneGoalAnswer })).goal;
}

/**
 * The targets that offline conversions of this counter can reach: identifiers of goals of type `action` under the
 * condition `exact`. A goal's number or name is no target. https://yandex.ru/dev/metrika/ru/management/offline-conv
 */
export function goalIdentifiers(goals: readonly MetrikaGoal[]): ReadonlySet<string> {
  const reachable = goals.filter((goal) => goal.type === "action" && goal.status !== "Deleted");
  const conditions = reachable.flatMap((goal) => goal.conditions);
  return new Set(conditions.filter((it) => it.type === "exact" && it.url !== "").map((it) => it.url));
}

/**
 * Whether a text may be the identifier of a goal: not empty and without `/ \ & # ? = "`; a plus is written `%2B`.
 * https://www.yandex.com/support/metrica/ru/general/goal-js-event
 */
export function isGoalIdentifier(text: string): boolean {
  return text !== "" && !/[/\\&#?="+]/.test(text);
}
