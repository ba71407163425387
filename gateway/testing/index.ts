/** What tests of a plugin use beside the contract: `metrika-gateway/plugin/testing`. */
export { problemDocument } from "../../core/plugin/problem.ts";
export { type RecordingOptions, type RecordingSource, recordingSource } from "../../core/plugin/testing.ts";
export type { SourceSample } from "./send-sample.ts";
export { type SentRequest, sentRequest } from "./sent-request.ts";
export { type SourceContractOptions, type SourceExample, sourceContract } from "./source-contract.ts";
export {
  SourceRefused,
  type StartedSource,
  type StartOptions,
  startSource,
  type TestConversion,
  type TestRawIntake,
} from "./start-source.ts";
