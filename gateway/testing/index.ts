/** What tests of a plugin use beside the contract: `metrika-gateway/plugin/testing`. */
export { problemDocument } from "../../core/plugin/problem.ts";
export { type RecordingOptions, type RecordingSource, recordingSource } from "../../core/plugin/testing.ts";
export { type SentRequest, sentRequest } from "./sent-request.ts";
