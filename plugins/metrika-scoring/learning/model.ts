import * as v from "valibot";
import { LearningError } from "./learning-error.ts";
import { faultOf } from "./model-faults.ts";
import { type Model, ModelSchema } from "./model-schema.ts";

/** The format that this version writes, and the newest that it reads. */
export const MODEL_FORMAT = 1;

/** A model as text: JSON, the same model always the same bytes. */
export function writeModel(model: Model): string {
  return JSON.stringify(v.parse(ModelSchema, model));
}

/**
 * A model from its text.
 * @throws {LearningError} `model_not_json`; `model_newer`; `model_malformed`, naming the field
 */
export function readModel(text: string): Model {
  const value = parseJson(text);
  const { format } = v.is(v.object({ format: v.number() }), value) ? value : { format: MODEL_FORMAT };
  if (format > MODEL_FORMAT) throw new LearningError("model_newer", { found: format, known: MODEL_FORMAT });
  const parsed = v.safeParse(ModelSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new LearningError("model_malformed", { field: v.getDotPath(issue) ?? "(root)", problem: issue.message });
  }
  const fault = faultOf(parsed.output);
  if (fault !== null) throw new LearningError("model_malformed", { ...fault });
  return parsed.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LearningError("model_not_json", { problem: error instanceof Error ? error.message : String(error) });
  }
}
