import type { Localized } from "../language.ts";

/**
 * Why an expression gave nothing. `expression_syntax`: it cannot be read. `expression_failed`: it fails on this input.
 * `expression_too_slow`, `expression_too_large`: it takes more time or memory than it may. `expressions_busy`: others are waiting
 * already; later it may work.
 */
export type ExpressionErrorCode =
  | "expression_syntax"
  | "expression_failed"
  | "expression_too_slow"
  | "expression_too_large"
  | "expressions_busy";

/** An expression that a tenant wrote gave nothing. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly code: ExpressionErrorCode;
  readonly reason: Localized;
  /** Characters from the beginning of the expression; null where no place is known. */
  readonly position: number | null;
  constructor(code: ExpressionErrorCode, reason: Localized, position: number | null = null) {
    super(reason.en);
    this.code = code;
    this.reason = reason;
    this.position = position;
  }
}
