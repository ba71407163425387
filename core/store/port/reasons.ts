import type { Localized } from "../../language.ts";

/** A reason as it is kept, in both languages. */
export type KeptReason = Localized;

/** A part of a raw intake or run that became no conversion, as it is kept. */
export interface KeptLeftover {
  /** What it is about, in the CRM's words, without anything personal. */
  readonly subject: string;
  readonly code: string;
  readonly message: KeptReason;
  readonly needs: "nothing" | "person";
}
