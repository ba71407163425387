import type { IdentifierKind } from "../../conversion/conversion.ts";

/**
 * Why an accepted row is in no file though the planner has seen it: the counter's goals must be read before its target can
 * be judged (`checking_goal`), no goal matches (`waiting_goal`, after 21 days `goal_not_found`), an earlier revision is
 * still under way (`waiting_upload`), it must go (again) into a file (`requeued`), its source's delivery is paused by a person
 * (`delivery_paused`), or a person cancelled it.
 */
export type SetAsideReason =
  | "checking_goal"
  | "waiting_goal"
  | "goal_not_found"
  | "waiting_upload"
  | "requeued"
  | "delivery_paused"
  | "cancelled";

/** A row that wants a file; `receivedAt` is Unix milliseconds, `dateTime` Unix seconds. */
export interface UnassignedRow {
  readonly id: number;
  readonly batchId: number;
  readonly receivedAt: number;
  readonly sourceId: number;
  readonly workspaceId: number;
  readonly counterId: number;
  /** Empty for a row without a price. */
  readonly currency: string;
  readonly target: string;
  /** The strongest that the row has. */
  readonly identifier: IdentifierKind;
  readonly purchaseId: string;
  readonly dateTime: number;
  /** About how long its line in the file will be. */
  readonly bytes: number;
  readonly setAside: SetAsideReason | null;
}

/** Which rows share a file. `target` and the kind of the strongest identifier are null where rows of every kind do. */
export interface Lane {
  readonly workspaceId: number;
  readonly counterId: number;
  readonly credentialId: number;
  readonly currency: string;
  readonly target: string | null;
  readonly identifier: IdentifierKind | null;
  readonly uncertainPolicy: "resend" | "hold";
}

/** What the planner decided about one row: into a file of a lane, or aside. */
export type Placement =
  | {
      readonly row: UnassignedRow;
      readonly to: "upload";
      readonly lane: Lane;
      /** How long a file that is opened for it gathers rows. */
      readonly lingerMs: number;
      /** By which its purchase is known from now on, unless the row came with a key of its own. */
      readonly keyHash: string | null;
    }
  | {
      readonly row: UnassignedRow;
      readonly to: "checking_goal" | "waiting_goal" | "goal_not_found" | "delivery_paused";
    };

/** By what a file is opened and filled. */
export interface PlacementRules {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Files of a counter that may fill at once, each with rows of one kind; beyond it rows of every kind share one. */
  readonly maxLanes: number;
  /** How long after its `date_time` a conversion can still be joined to a visit, in milliseconds. */
  readonly joinedForMs: number;
  /** Unix milliseconds, like `now`. */
  readonly keysExpireAt: number;
  readonly now: number;
  /** Who places; where several gateways share the database, he must hold the lease `housekeeping`. */
  readonly holder: string;
  newUuid(): string;
}

/** What became of placements. */
export interface Placed {
  readonly rows: number;
  /** Rows for which no second was free: Metrika keeps one of the facts that share theirs. */
  readonly sharedSeconds: number;
}

/** Rows on their way into files. */
export interface PlanningStore {
  /** New rows, in order of arrival, none of a batch that is not yet sealed. */
  readNew(limit: number): Promise<readonly UnassignedRow[]>;
  /**
   * Rows that were set aside and may go into a file now: requeued ones, among them those whose source's delivery was resumed,
   * and corrections whose earlier file is settled.
   */
  readReturning(limit: number): Promise<readonly UnassignedRow[]>;
  /** Rows of a counter that wait for one of `targets` (any target when null), after the given id. */
  readWaitingForGoal(filter: {
    workspaceId: number;
    counterId: number;
    targets: readonly string[] | null;
    after: number;
    limit: number;
  }): Promise<readonly UnassignedRow[]>;
  /**
   * Counters with rows that wait for a goal, with the newest arrival among them, and whether some are `checking_goal`: those
   * are judged by no list but one that is still to be read.
   */
  countersWaitingForGoal(): Promise<
    readonly {
      readonly workspaceId: number;
      readonly counterId: number;
      readonly newestArrival: number;
      readonly unjudged: boolean;
      readonly credentialId: number;
    }[]
  >;
  /** Targets that rows of a counter wait for, and whether a source of such rows wishes missing goals to be created. */
  targetsWaitingForGoal(
    workspaceId: number,
    counterId: number,
  ): Promise<readonly { readonly target: string; readonly create: boolean }[]>;
  /**
   * Carries placements out in one transaction. Rows that are no longer where they were read are passed over. Where
   * ids rise with the order of commits, the watermark of new rows moves to the highest among them.
   *
   * Metrika keeps one row of a visitor, target and second. Of different facts that it would take for one, the later one gets
   * the nearest free second within 30 s back, once and for all its files.
   *
   * Null, and nothing is changed: the lease is another's now.
   */
  place(placements: readonly Placement[], rules: PlacementRules): Promise<Placed | null>;
  /**
   * Closes filling uploads that are full, or ripe and not held by a refused token or by an earlier file of the counter that is
   * being tried again: filling → planned. Returns how many.
   */
  sealRipe(now: number, limits: Pick<PlacementRules, "maxRows" | "maxBytes">): Promise<number>;
}
