import type { Identity, SimulatorSettings } from "./settings.ts";

/** One conversion as Metrika keeps it: a later row with the same key overwrites the price. */
export interface KeptConversion extends Identity {
  readonly target: string;
  /** Unix seconds. */
  readonly dateTime: number;
  price: string | null;
  currency: string | null;
  timesUploaded: number;
  readonly firstUploading: Uploading;
  laterUploadings: Uploading[] | null;
  outcome: "pending" | "linked" | "goal_not_found" | "user_not_found";
}

/** The quantities of an uploading that is processed. */
export interface Quantities {
  readonly goalNotFound: number;
  readonly userNotFound: number;
  readonly linked: number;
}

/** One file that Metrika has taken. */
export interface Uploading {
  /** Digits of an int64. */
  readonly id: string;
  readonly counterId: number;
  readonly comment: string;
  readonly type: string;
  readonly clientIdType: string | null;
  readonly columns: readonly string[];
  readonly bytes: number;
  /** Milliseconds since 1970, UTC, as are all times here. */
  readonly createdAt: number;
  /** Before this instant lists do not show it. */
  readonly listedAt: number;
  readonly sourceQuantity: number;
  readonly lineQuantity: number;
  /** Identifiers of the goals that existed when the file arrived. */
  readonly goalsAtUpload: ReadonlySet<string>;
  readonly csv: string | null;
  /** Given up once the file is processed. */
  rows: readonly KeptConversion[];
  /** Further identifiers of a row, kept only when the settings let them count. */
  readonly weaker: ReadonlyMap<number, readonly Identity[]>;
  /** Its own walk through the statuses, instead of the settings'. */
  statusScript: SimulatorSettings["statusScript"];
  result: { readonly status: "PROCESSED" | "LINKAGE_FAILURE"; readonly quantities: Quantities } | null;
}
