import type { MetrikaClient } from "./client.ts";
import { MetrikaError } from "./errors.ts";
import { goalIdentifiers, type MetrikaGoal, type NewGoal } from "./goals.ts";
import type { CallOptions } from "./http.ts";

/** The goal that offline conversions with this target reach; null when there is none. */
export const goalOf = (goals: readonly MetrikaGoal[], identifier: string): MetrikaGoal | null =>
  goals.find((goal) => goalIdentifiers([goal]).has(identifier)) ?? null;

/**
 * Makes a goal that was just seen to be missing. When the answer is lost, the counter's list tells whether it was made. To be
 * called by one at a time, see the lease `goals:…`.
 * @throws {MetrikaError} when it was not made, or nobody can tell
 */
export async function makeGoal(
  goals: MetrikaClient["goals"],
  { goal, ...call }: CallOptions & { readonly counterId: number; readonly goal: NewGoal },
): Promise<MetrikaGoal> {
  try {
    return await goals.create({ ...call, goal });
  } catch (error) {
    if (!(error instanceof MetrikaError) || !error.bodyMayHaveArrived) throw error;
    const listed = await goals.list(call).catch(() => []);
    const made = goalOf(listed, goal.identifier);
    if (made === null) throw error;
    return made;
  }
}
