import type { DatabaseSummary } from "../../core/store/sqlite/inspect.ts";

/** What a database holds, in one line. */
export function contentsOf({ sources, batches, conversions, uploads, openUploads }: DatabaseSummary): string {
  return `${whole(conversions)} conversions of ${whole(batches)} batches from ${whole(sources)} webhooks, ${whole(uploads)} uploads (${whole(openUploads)} open)`;
}

/** Bytes as a person reads them. */
export const sizeOf = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** A whole number with its thousands apart. */
export const whole = (n: number): string => n.toLocaleString("en");
