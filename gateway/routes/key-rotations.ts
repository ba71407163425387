import { createRoute } from "@hono/zod-openapi";
import * as v from "valibot";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { Rotation, RotationProgress } from "../../core/rotation/rotation.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";

/** The path under which a change of the master key begins; {@link ROTATION_STEPS} takes it on. */
export const KEY_ROTATIONS = "/v1/key-rotations";
export const ROTATION_STEPS = `${KEY_ROTATIONS}/steps`;

/** A change that has begun, as it is told. */
export const StartedRotation = v.pipe(
  v.object({
    key_id: v.pipe(v.string(), v.description("Names the key that everything is to be sealed with; it is not the key")),
    kept_in: v.pipe(v.picklist(["file", "environment"]), v.description("Only a key file's key is a new one")),
  }),
  component("KeyRotation"),
);

/** How far it has got, as it is told. */
export const RotationStep = v.pipe(
  v.object({
    phase: v.pipe(
      v.picklist(["resealing", "settling", "done", "unreadable", "superseded"]),
      v.description(
        "`resealing`: ask for the next step; `settling`: ask for it in `wait_ms`; `done`: nothing is sealed with another key; `unreadable`: some texts open with no key, so the former one stays; `superseded`: another key is current",
      ),
    ),
    read: v.pipe(v.number(), v.description("Texts that this pass has read so far")),
    resealed: v.pipe(v.number(), v.description("Texts that this step has sealed again")),
    wait_ms: v.number(),
    unreadable: v.array(v.object({ column: v.string(), texts: v.number() })),
    previous_key_ids: v.pipe(v.array(v.string()), v.description("Keys that are still held and seal nothing")),
  }),
  component("KeyRotationStep"),
);

const StepOf = v.pipe(v.strictObject({ key_id: v.string() }), component("NewKeyRotationStep"));

const tags = ["Master key"];
const refusals = problemResponses(...accessProblems, "operator_only");

const begin = createRoute({
  method: "post",
  path: KEY_ROTATIONS,
  operationId: "beginKeyRotation",
  tags,
  ...guarded("operate"),
  summary: "Begin to change the master key, or join a change that is under way",
  description: "For the operator of the gateway alone: `bun run cli rotate-key` does all of it.",
  responses: { 201: jsonResponse(StartedRotation, { description: "Begun; go on with steps" }), ...refusals },
});

const step = createRoute({
  method: "post",
  path: ROTATION_STEPS,
  operationId: "stepKeyRotation",
  tags,
  ...guarded("operate"),
  summary: "Seal some texts again",
  description: "For the operator of the gateway alone. It may be repeated, and asked by two at once.",
  request: { body: jsonBody(StepOf, { description: "The change", example: { key_id: "Kk3v0Q1x" } }) },
  responses: {
    200: jsonResponse(RotationStep, { description: "How far it has got" }),
    ...refusals,
    ...problemResponses("malformed_json", "invalid_field"),
  },
});

const told = (progress: RotationProgress): v.InferOutput<typeof RotationStep> => ({
  phase: progress.phase,
  read: progress.read,
  resealed: progress.resealed,
  wait_ms: progress.waitMs,
  unreadable: progress.unreadable.map((column) => ({ ...column })),
  previous_key_ids: [...progress.previousKeyIds],
});

const targetOf = (keyId: string) => ({ kind: "master_key", id: keyId, name: null });

/** By what the command `rotate-key` changes the master key of a gateway that runs. */
export function keyRotationRoutes(deps: RouteDeps, rotation: Rotation): ReturnType<typeof createRouter> {
  const router = createRouter();

  router.openapi(begin, async (c) => {
    const { actor } = await deps.authorize(c, begin);
    const { keyId, keptIn } = await rotation.begin();
    const act = { action: "master_key.change_begun", target: targetOf(keyId), after: { kept_in: keptIn } } as const;
    await deps.audit(c, { actor, workspaceId: null }, act);
    return c.json({ key_id: keyId, kept_in: keptIn }, 201);
  });

  router.openapi(step, async (c) => {
    const { actor } = await deps.authorize(c, step);
    const { key_id: keyId } = parseBody(StepOf, await readJson(c.req.raw, deps.limits), {});
    const progress = await rotation.step(keyId);
    if (progress.phase === "done") {
      await deps.audit(c, { actor, workspaceId: null }, { action: "master_key.changed", target: targetOf(keyId) });
    }
    return c.json(told(progress), 200);
  });

  return router;
}
