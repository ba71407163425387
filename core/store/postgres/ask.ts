import type { Param } from "../sql/work.ts";
import type { Asking, PostgresDriver } from "./driver.ts";
import { translate } from "./translate.ts";

/** Asks in PostgreSQL's own SQL, parameters as `$1`, for what the portable steps cannot say in few statements. */
export type Ask = <R extends object>(on: Asking, text: string, params?: readonly AskParam[]) => Promise<readonly R[]>;

type AskParam = Param | readonly string[] | readonly (string | null)[];

export function createAsk({ prepares }: Pick<PostgresDriver, "prepares">): Ask {
  const translated = new Map<string, string>();
  return async <R extends object>(on: Asking, text: string, params: readonly AskParam[] = []) => {
    const known = translated.get(text) ?? translate({ text });
    translated.set(text, known);
    const rows = await on.unsafe(known, params as Param[], { prepare: prepares });
    return rows as unknown as readonly R[];
  };
}
