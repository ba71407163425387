/**
 * The public contract of source plugins, and everything a plugin may use of the gateway. `createRoute` and `z` come from
 * here, since a second copy of @hono/zod-openapi would serve but vanish from the OpenAPI document.
 */
export { createRoute, z } from "@hono/zod-openapi";
export { parseExactJson } from "../conversion/exact-json.ts";
export { ConversionInput } from "../conversion/schema.ts";
export { ExpressionError, type ExpressionErrorCode } from "../expressions/expression-error.ts";
export { type Language, type Localized, quoteValue } from "../language.ts";
export { AnswerRefused, ForbiddenAddress } from "../outgoing/guarded-fetch.ts";
export { BatchStatus, DryRun, Receipt, Rejection, Warning } from "./answer-schemas.ts";
export {
  crmDefaults,
  defineSource,
  type Health,
  type IntakeHandler,
  type SenderRequest,
  type SourcePlugin,
  type SourceRouter,
} from "./contract.ts";
export { fieldChecks, type KnownPipeline, stageChecks } from "./deals/check-mapping.ts";
export type { Deal, DealField } from "./deals/deal.ts";
export { emitDeals } from "./deals/emit-deals.ts";
export { findValue, isPlaceholder, isSameName } from "./deals/find-value.ts";
export { formFields } from "./deals/form-fields.ts";
export { subjectOf } from "./deals/leftovers.ts";
export { asList, asRecord, asText } from "./deals/loose.ts";
export { type DealFact, isMapped, type MappedDeal, mapDeal } from "./deals/map-deal.ts";
export { type DealMapping, dealMapping, type MappingPresets, type PriceRule } from "./deals/mapping.ts";
export { createPace, type Pace } from "./pace.ts";
export { ProblemError } from "./problem.ts";
export { callerProblems, problemResponses } from "./problem-openapi.ts";
export { type Leftover, type RawIntake, type RawIntakeRoute, RetryLater, Unusable } from "./raw-intake.ts";
export { type RememberOptions, remembered } from "./remembered.ts";
export { secret } from "./secret.ts";
export type { Contact, EmitOptions, SourceContext, SourceFetch, SourceState } from "./source-context.ts";
export { triedChecks } from "./tried-checks.ts";
export { component, jsonBody, jsonResponse } from "./valibot-openapi.ts";
export { formToken } from "./verifiers/form-token.ts";
export { type HmacOptions, hmac } from "./verifiers/hmac.ts";
export { pathSecret } from "./verifiers/path-secret.ts";
export { sharedSecret } from "./verifiers/shared-secret.ts";
export { type SignedFormOptions, signedForm } from "./verifiers/signed-form.ts";
export { standardWebhooks } from "./verifiers/standard-webhooks.ts";
export type {
  AddressVerifier,
  BodyVerifier,
  HeaderVerifier,
  Proof,
  SecretKind,
  SecretOrigin,
  SenderSecrets,
  SenderVerifier,
  SentBody,
  UnprovenRequest,
} from "./verifiers/verifier.ts";
