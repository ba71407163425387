import { and, eq, sql } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { CounterGoals, GoalStore } from "../store.ts";
import { first } from "./first.ts";

/** What was last read of each counter's goals. */
export function goalQueries({ db, tables: { counterGoals }, isOneOf }: Drizzle): GoalStore {
  // Asked for each page that the planner places.
  const ofCounters = db
    .select()
    .from(counterGoals)
    .where(
      and(
        isOneOf(counterGoals.workspaceId, sql.placeholder("workspaceIds")),
        isOneOf(counterGoals.counterId, sql.placeholder("counterIds")),
      ),
    )
    .prepare("goals_of_counters");
  const ofCounter = db
    .select()
    .from(counterGoals)
    .where(
      and(
        eq(counterGoals.workspaceId, sql.placeholder("workspaceId")),
        eq(counterGoals.counterId, sql.placeholder("counterId")),
      ),
    )
    .prepare("goals_of_counter");
  return {
    async get(workspaceId, counterId) {
      return first(await ofCounter.execute({ workspaceId, counterId })) as CounterGoals | null;
    },
    async getMany(workspaceIds, counterIds) {
      const lists = { workspaceIds: JSON.stringify(workspaceIds), counterIds: JSON.stringify(counterIds) };
      return (await ofCounters.execute(lists)) as CounterGoals[];
    },
    async save(goals) {
      await db
        .insert(counterGoals)
        .values(goals)
        .onConflictDoUpdate({ target: [counterGoals.workspaceId, counterGoals.counterId], set: goals });
    },
  };
}
