/** What the worker is asked. Without an input the expression is only read. */
export interface Question {
  readonly expression: string;
  /** JSON; null to read the expression alone. */
  readonly input: string | null;
}

/** What the worker answers: at first `ready`, then once to each question. */
export type Answer =
  | { readonly kind: "ready" }
  /** JSON; null where the expression gave nothing. */
  | { readonly kind: "value"; readonly value: string | null }
  | {
      readonly kind: "error";
      readonly stage: "syntax" | "evaluation" | "size";
      readonly message: string;
      readonly position: number | null;
    };
