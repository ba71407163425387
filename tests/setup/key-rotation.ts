import * as v from "valibot";
import { sealedColumns, sealedOfInstallation } from "../../core/store/sql/sealed-columns.ts";
import { KEY_ROTATIONS, ROTATION_STEPS, RotationStep, StartedRotation } from "../../gateway/routes/key-rotations.ts";
import type { TestGateway } from "./gateway.ts";

/** An answer to a step, as the command reads it. */
export type Step = v.InferOutput<typeof RotationStep>;

/** What the command asks of a gateway, with the operator's token. */
async function operate({ gateway, request }: TestGateway, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${gateway.operatorToken}` };
  const answer = await request("POST", path, { headers, ...(body && { body }) });
  if (answer.status >= 400) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** Begins a change of the master key, or joins one that is under way; the id of the new key. */
export async function beginRotation(gateway: TestGateway): Promise<string> {
  return v.parse(StartedRotation, await operate(gateway, KEY_ROTATIONS)).key_id;
}

/** One step of a change. */
export async function stepRotation(gateway: TestGateway, keyId: string): Promise<Step> {
  return v.parse(RotationStep, await operate(gateway, ROTATION_STEPS, { key_id: keyId }));
}

/**
 * A change from its beginning to its end, as the command makes it.
 * @param meanwhile what happens between two steps
 */
export async function rotateKey(
  gateway: TestGateway,
  meanwhile: (step: Step) => Promise<unknown> = async () => {},
): Promise<Step> {
  const keyId = await beginRotation(gateway);
  for (;;) {
    const step = await stepRotation(gateway, keyId);
    if (!["resealing", "settling"].includes(step.phase)) return step;
    await meanwhile(step);
    gateway.advance(step.wait_ms);
  }
}

/** By which keys the texts in the database are sealed, and how many by each. */
export async function sealingKeys({ sql }: Pick<TestGateway, "sql">): Promise<Readonly<Record<string, number>>> {
  const columns = [
    ...sealedColumns.map(({ table, column }) => [table, column] as const),
    ...sealedOfInstallation.map((column) => ["installation", column] as const),
  ];
  const found: Record<string, number> = {};
  for (const [table, column] of columns) {
    const rows = await sql<{ sealed: string }>(`select ${column} as sealed from ${table} where ${column} is not null`);
    for (const { sealed } of rows) {
      const keyId = sealed.split(".")[1] ?? sealed;
      found[keyId] = (found[keyId] ?? 0) + 1;
    }
  }
  return found;
}
