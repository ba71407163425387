import * as v from "valibot";
import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import type { Rotation, RotationProgress, RotationStart } from "../../core/rotation/rotation.ts";
import { createRouter } from "../http/app-defaults.ts";

/** What the routes of the operator work with. */
export interface KeyRotationDeps {
  readonly rotation: Rotation;
  /** Whether the header proves the operator: whoever can read the data folder. */
  readonly isOperator: (authorization: string | undefined) => boolean;
}

/** The path under which a change of the master key begins; its steps stand below it. */
export const KEY_ROTATIONS = "/v1/operator/key-rotations";

/** A change that has begun, as it is told. */
export const StartedRotation = v.object({ key_id: v.string(), kept_in: v.picklist(["file", "environment"]) });

/** How far it has got, as it is told. */
export const RotationStep = v.object({
  phase: v.picklist(["resealing", "settling", "done", "unreadable", "superseded"]),
  read: v.number(),
  resealed: v.number(),
  wait_ms: v.number(),
  unreadable: v.array(v.object({ column: v.string(), texts: v.number() })),
  previous_key_ids: v.array(v.string()),
});

/** A started change in the words of the interface. */
const started = ({ keyId, keptIn }: RotationStart): v.InferOutput<typeof StartedRotation> => ({
  key_id: keyId,
  kept_in: keptIn,
});

const stepped = (progress: RotationProgress): v.InferOutput<typeof RotationStep> => ({
  phase: progress.phase,
  read: progress.read,
  resealed: progress.resealed,
  wait_ms: progress.waitMs,
  unreadable: progress.unreadable.map((column) => ({ ...column })),
  previous_key_ids: [...progress.previousKeyIds],
});

/**
 * By what the command `rotate-key` changes the master key of a gateway that runs. No API key opens these routes: to everybody but
 * the operator they are not there, and they stand in no document.
 */
export function keyRotationRoutes({ rotation, isOperator }: KeyRotationDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const onlyOperator = (authorization: string | undefined, path: string) => {
    if (!isOperator(authorization)) throw new ProblemError("not_found", { path: quoteValue(path) });
  };

  router.post(KEY_ROTATIONS, async (c) => {
    onlyOperator(c.req.header("authorization"), c.req.path);
    return c.json(started(await rotation.begin()), 201);
  });

  router.post(`${KEY_ROTATIONS}/:key_id/steps`, async (c) => {
    onlyOperator(c.req.header("authorization"), c.req.path);
    return c.json(stepped(await rotation.step(c.req.param("key_id"))), 200);
  });

  return router;
}
