import * as v from "valibot";
import { type GoalVerdict, goalSentences, whyUnreachable } from "../../core/accounts/judge-goal.ts";
import { type Language, type Localized, render } from "../../core/language.ts";
import { goalIdentifiers, isGoalIdentifier, type MetrikaGoal } from "../../core/metrika/goals.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";

/** The goal of visits that were scored four or more, see the documentation of scoring. */
export const SCORED_GOAL = { identifier: "4plus", name: "Визит уровня 4+ (скоринг)" } as const;

/** Sentences for the checks below, by the message that each gives. */
export const goalChecks = {
  goal_identifier_format: {
    ru: 'Идентификатор «{received}» Метрика не примет: в нём не бывает символов / \\ & # ? = " +.',
    en: 'Metrika does not take the identifier “{received}”: it holds none of / \\ & # ? = " +.',
  },
} satisfies Record<string, Localized>;

const identifier = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(255),
  v.check((text) => text === "" || isGoalIdentifier(text), "goal_identifier_format"),
  v.description("The event identifier: what the target of a conversion must equal"),
);
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(255));

/** What a goal is made of. */
export const NewGoal = v.pipe(
  v.strictObject({
    identifier,
    name: v.optional(v.pipe(name, v.description("As people read it in Metrika. Default: the identifier"))),
  }),
  component("NewGoal"),
);

/** Which goal a counter is to have. */
export const WantedGoal = v.pipe(
  v.strictObject({
    identifier: v.optional(v.pipe(identifier, v.description(`Default: ${SCORED_GOAL.identifier}`))),
    name: v.optional(
      v.pipe(
        name,
        v.description(`Of a goal that is made. Default: the identifier; of ${SCORED_GOAL.identifier} a fitting one`),
      ),
    ),
  }),
  component("WantedGoal"),
);

/** What is looked for. */
export const GoalQuery = v.strictObject({ identifier });

/** A goal of a counter. */
export const Goal = v.pipe(
  v.object({
    goal_id: v.pipe(v.string(), v.description("Metrika's number; no target of conversions")),
    name: v.string(),
    type: v.pipe(v.string(), v.description("`action` is a JavaScript event")),
    identifiers: v.pipe(v.array(v.string()), v.description("The targets that reach it; empty: none does")),
    conditions: v.array(v.object({ type: v.string(), value: v.string() })),
    reachable: v.pipe(v.boolean(), v.description("Whether offline conversions can reach it")),
    reason: v.pipe(v.nullable(v.object({ code: v.string(), message: v.string() })), v.description("Why they cannot")),
  }),
  component("Goal"),
);

/** All goals of a counter. */
export const GoalList = v.pipe(v.object({ data: v.array(Goal) }), component("GoalList"));

/** What a counter has under an identifier. */
export const GoalCheck = v.pipe(
  v.object({
    identifier: v.string(),
    status: v.picklist(["exists", "wrong_type", "wrong_condition", "missing"]),
    message: v.pipe(v.string(), v.description("What it means and what to do")),
    goal: v.nullable(Goal),
    nearest: v.pipe(v.nullable(v.string()), v.description("Of a missing one, the existing identifier most like it")),
  }),
  component("GoalCheck"),
);

/** The goal that a counter has now. */
export const EnsuredGoal = v.pipe(
  v.object({ ...Goal.entries, created: v.pipe(v.boolean(), v.description("Whether this request made it")) }),
  component("EnsuredGoal"),
);

/** A goal as the API tells it. */
export function goalAnswer(goal: MetrikaGoal, language: Language) {
  const why = whyUnreachable(goal);
  return {
    goal_id: goal.id,
    name: goal.name,
    type: goal.type,
    identifiers: [...goalIdentifiers([goal])],
    conditions: goal.conditions.map(({ type, url }) => ({ type, value: url })),
    reachable: why === null,
    reason: why && { code: why.code, message: render(goalSentences[why.code], language, why.params) },
  };
}

/** A verdict as the API tells it. */
export const checkAnswer = (wanted: string, { status, goal, nearest, remark }: GoalVerdict, language: Language) => ({
  identifier: wanted,
  status,
  message: render(goalSentences[remark.code], language, remark.params),
  goal: goal && goalAnswer(goal, language),
  nearest,
});
