import type { SourceOptions } from "../store/store.ts";

/** What a source has where neither its plugin nor a person says otherwise. */
export const defaultOptions: SourceOptions = {
  dedupeBy: "exact",
  identifiers: "all",
  createMissingGoals: false,
  allowPersonalUserId: false,
  uncertainPolicy: "resend",
  counters: [],
  matchByContact: "none",
};
