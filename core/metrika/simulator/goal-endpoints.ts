import type { HttpHandler } from "msw";
import * as v from "valibot";
import { readJson } from "./counter-endpoints.ts";
import { endpoint } from "./endpoint.ts";
import { jsonAnswer, refusal } from "./envelopes.ts";
import type { Simulation } from "./simulation.ts";
import type { Goal } from "./world.ts";

const PATH = "*/management/v1/counter/:counterId/goals";

// https://yandex.ru/support/metrica/ru/general/multi.html
const MAX_GOALS = 200;

const NewGoal = v.object({
  goal: v.object({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
    type: v.literal("action", "Goals of type action are the only ones that the simulator makes"),
    conditions: v.pipe(
      v.array(
        v.object({
          type: v.picklist(["exact", "contain", "start", "regexp", "action"]),
          url: v.pipe(v.string(), v.minLength(1)),
        }),
      ),
      v.minLength(1),
    ),
  }),
});

/** Goals of a counter: list and create. https://yandex.ru/dev/metrika/ru/management/addgoal-example */
export function goalEndpoints(simulation: Simulation): HttpHandler[] {
  return [
    endpoint(simulation, {
      ...{ operation: "goals", method: "GET", path: PATH, group: "client_read", scopes: ["metrika:read"] },
      act: (_request, counter) => jsonAnswer({ goals: counter!.goals.map(showGoal) }),
    }),
    endpoint(simulation, {
      ...{ operation: "create_goal", method: "POST", path: PATH, group: "client_write", scopes: ["metrika:write"] },
      writes: true,
      async act({ exchange }, counter) {
        const wanted = await readJson(exchange, NewGoal);
        if (wanted instanceof Response) return wanted;
        const { conditions } = wanted.goal;
        if (conditions.some((one) => ["exact", "contain"].includes(one.type) && FORBIDDEN.test(one.url)))
          return refusal(400, "invalid_parameter", "Forbidden characters", { location: "goal.conditions.0.url" });
        if (counter!.goals.length >= MAX_GOALS)
          return refusal(400, "limit_exceeded", `A counter has at most ${MAX_GOALS} goals`);
        return jsonAnswer({ goal: showGoal(simulation.world.makeGoal(counter!, wanted.goal)) });
      },
    }),
  ];
}

// https://www.yandex.com/support/metrica/ru/general/goal-js-event
const FORBIDDEN = /[/\\&#?="]/;

function showGoal(goal: Goal): object {
  const { id, name, type, conditions } = goal;
  return { id, name, type, default_price: 0, is_favorite: 0, goal_source: "user", status: "Active", conditions };
}
