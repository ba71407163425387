import type { IntakeRow, IntakeSlice, RowWarning, SetAsideReason, UploadState } from "./store.ts";

/** A price that returns within this time after a newer one is a late retry, not a change of mind. */
const LATE_RETRY_MS = 10 * 60_000;

/** The file that a fact stands in. */
export interface FileOfFact {
  readonly state: UploadState;
  /** In which it tells prices. */
  readonly currency: string;
}

/** Who told a fact's latest revision: when (Unix milliseconds), and whether its batch is whole. */
export interface Teller {
  readonly createdAt: number;
  readonly sealed: boolean;
}

/** What decides where the next revision of a fact goes. */
export interface Standing {
  readonly file: FileOfFact | null;
  readonly setAside: SetAsideReason | null;
}

/** Whether a fact ended without Metrika ever taking it, so that telling it again brings it back. */
export function isGivenUp({ file, setAside }: Standing): boolean {
  return setAside === "goal_not_found" || setAside === "cancelled" || file?.state === "failed";
}

/**
 * Whether a price that the fact had before may be nothing but a late retry of the request that told it. A revision that another
 * sender has no answer for yet may still be taken back: it makes nothing stale.
 * @param teller of the fact's latest revision
 * @param isOwn whether that is the slice's own batch
 */
export function mayBeLateRetry(teller: Teller, isOwn: boolean, now: number): boolean {
  return (teller.sealed || isOwn) && now - teller.createdAt <= LATE_RETRY_MS;
}

/** Where the next revision of a fact stands: in the file of the one before, or out of it, for a reason or for none. */
export type RevisionPlace =
  | { readonly keepsFile: true; readonly setAside: null }
  | { readonly keepsFile: false; readonly setAside: SetAsideReason | null };

/**
 * Decides where a correction or a revival goes. Not yet in a sealed file: it replaces, and the earlier revision shares its fate.
 * In a file that Metrika has not settled: it waits for that file. Otherwise it goes into a new file, at the identifier and
 * second first sent, since only then does Metrika overwrite. A file that is being filled takes the new revision only if it is of
 * the file's currency, and not before the whole batch is there: a half-written one may be taken back.
 */
export function placeRevision(
  standing: Standing,
  currency: string,
  { last }: Pick<IntakeSlice, "last">,
): RevisionPlace {
  const { file, setAside } = standing;
  const fits = currency === "" || currency === file?.currency;
  if (file?.state === "filling" && last && fits) return { keepsFile: true, setAside: null };
  return { keepsFile: false, setAside: asideOf(file, setAside, isGivenUp(standing)) };
}

function asideOf(file: FileOfFact | null, aside: SetAsideReason | null, givenUp: boolean): SetAsideReason | null {
  if (file !== null && file.state !== "completed" && file.state !== "failed") return "waiting_upload";
  // A held row goes back to the planner, which sees whether the source that corrects it is paused as well.
  if (file !== null || givenUp || aside === "delivery_paused") return "requeued";
  return aside;
}

/** The warning that a row's price is an earlier one of its fact, told late. */
export function staleRevision({ row, conversion }: IntakeRow): RowWarning {
  return { row, code: "stale_revision", field: "price", params: { price: conversion.price ?? "" } };
}

/** The warning that a row's purchase was told before with another time; `firstTime` in Unix seconds. */
export function samePurchaseAgain({ row, conversion }: IntakeRow, firstTime: number): RowWarning {
  const first_date_time = new Date(firstTime * 1000).toISOString().replace(".000Z", "Z");
  const params = { purchase_id: conversion.purchaseId, first_date_time };
  return { row, code: "same_purchase_again", field: "purchase_id", params };
}
