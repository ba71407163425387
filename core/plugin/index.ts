/**
 * The public contract of source plugins, and everything a plugin may use of the gateway. `createRoute` and `z` come from
 * here, since a second copy of @hono/zod-openapi would serve but vanish from the OpenAPI document.
 */
export { createRoute, z } from "@hono/zod-openapi";
export { ConversionInput } from "../conversion/schema.ts";
export { type Language, type Localized, quoteValue } from "../language.ts";
export { BatchStatus, DryRun, Receipt, Rejection, Warning } from "./answer-schemas.ts";
export {
  defineSource,
  type EmitOptions,
  type IntakeHandler,
  type SenderRequest,
  type SourceContext,
  type SourcePlugin,
  type SourceRouter,
} from "./contract.ts";
export { ProblemError } from "./problem.ts";
export { problemResponses } from "./problem-openapi.ts";
export { component, jsonBody, jsonResponse } from "./valibot-openapi.ts";
export { type SenderVerifier, sharedSecret } from "./verifiers.ts";
