import * as v from "valibot";

/** The operations of the simulator, as faults and counts name them. */
export const operations = [
  "counters",
  "counter",
  "create_counter",
  "goals",
  "create_goal",
  "upload",
  "list",
  "get",
  "report",
  "log_evaluate",
  "log_create",
  "log_list",
  "log_get",
  "log_part",
  "log_clean",
  "log_cancel",
  "login",
  "oauth_authorize",
  "oauth_consent",
  "oauth_token",
  "oauth_revoke",
] as const;
/** One of {@link operations}. */
export type Operation = (typeof operations)[number];

const Milliseconds = v.pipe(v.number(), v.minValue(0));
const Status = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599));

/**
 * The ways in which a part of a log may break: the connection is cut; the answer ends early, in a row or between two
 * rows; only the last line feed is missing; a row has one column more; the line of names is missing.
 */
export const brokenParts = [
  "reset",
  "cut",
  "cut_between_rows",
  "no_last_newline",
  "wrong_columns",
  "no_header",
] as const;

/** Everything that can go wrong on demand. */
export const FaultShape = v.variant("kind", [
  /** Answers late; combines with other faults. */
  v.object({ kind: v.literal("slow"), ms: Milliseconds }),
  /** Answers with this status and does nothing. `body` replaces the envelope, for example by a gateway's HTML. */
  v.object({
    kind: v.literal("status"),
    status: Status,
    errorType: v.optional(v.string()),
    message: v.optional(v.string()),
    retryAfter: v.optional(v.union([v.string(), v.number()])),
    body: v.optional(v.string()),
  }),
  /** Cuts the connection before anything is stored: after so many bytes of the body, by default after all of it. */
  v.object({ kind: v.literal("reset_before_store"), afterBytes: v.optional(v.number()) }),
  /** Does what was asked, then cuts the connection. */
  v.object({ kind: v.literal("store_then_reset") }),
  /** Does what was asked, then is silent until the client goes. */
  v.object({ kind: v.literal("store_then_hang") }),
  /** Does what was asked, then answers like a gateway that lost its upstream. */
  v.object({ kind: v.literal("store_then_status"), status: Status }),
  /** Does what was asked, then answers 200 with something that is not the documented JSON. */
  v.object({ kind: v.literal("wrong_json"), body: v.optional(v.string()) }),
  /** Refuses every n-th row of a file. */
  v.object({ kind: v.literal("refuse_rows"), every: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  /** The token counts as revoked. */
  v.object({ kind: v.literal("token_dead") }),
  /** The uploaded file appears in lists only so much later. */
  v.object({ kind: v.literal("late_list"), ms: Milliseconds }),
  v.object({ kind: v.literal("list_order"), order: v.picklist(["asc", "desc", "shuffle"]) }),
  /** A report is reckoned from this share of the visitors, whatever accuracy was asked for. */
  v.object({ kind: v.literal("sampled"), share: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)) }),
  /** The log that is asked for ends as processing_failed. */
  v.object({ kind: v.literal("log_fails") }),
  /** The log that is asked for stands in awaiting_retry for so long before it is processed. */
  v.object({ kind: v.literal("log_retries"), ms: Milliseconds }),
  /** A part of a log breaks: how, and after how many bytes (by default in its middle). */
  v.object({
    kind: v.literal("broken_part"),
    how: v.picklist(brokenParts),
    afterBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  }),
  /** Nobody listens. Over HTTP the connection is cut before the body is read: a port cannot be closed for one client. */
  v.object({ kind: v.literal("unreachable") }),
]);
/** See {@link FaultShape}. */
export type Fault = v.InferOutput<typeof FaultShape>;

/** Which requests a fault meets; what is left out may be anything. */
export interface FaultMatch {
  readonly method?: string | undefined;
  readonly path?: RegExp | undefined;
  readonly operation?: Operation | undefined;
  readonly counterId?: number | undefined;
  readonly token?: string | undefined;
}

/** A fault and when it strikes. */
export interface FaultRule {
  readonly match?: FaultMatch | undefined;
  /** How many requests it meets; default 1. */
  readonly times?: number | "always" | undefined;
  readonly fault: Fault;
}

/** The request that faults are looked up for. */
export interface FaultTarget {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly counterId: number | null;
  readonly token: string | null;
}

/** The faults in waiting. */
export interface Faults {
  /** Adds a fault behind those that wait already. */
  add(rule: FaultRule): { readonly id: number; remove(): void };
  clear(): void;
  /** The rules that have strikes left, first come first. */
  readonly waiting: readonly (FaultRule & { readonly id: number; readonly left: number })[];
  /**
   * The faults that meet a request; each has one strike less afterwards. Faults of different kinds combine, of the
   * faults that decide the answer only the first strikes.
   */
  take(target: FaultTarget): readonly Fault[];
}

/** Faults that make no sense for other requests meet only this one, unless their rule says where they strike. */
const HOME: Partial<Record<Fault["kind"], Operation>> = {
  reset_before_store: "upload",
  store_then_reset: "upload",
  store_then_hang: "upload",
  store_then_status: "upload",
  refuse_rows: "upload",
  late_list: "upload",
  list_order: "list",
  sampled: "report",
  log_fails: "log_create",
  log_retries: "log_create",
  broken_part: "log_part",
};

const COMBINING: ReadonlySet<Fault["kind"]> = new Set([
  ...(["slow", "refuse_rows", "late_list", "list_order", "sampled"] as const),
  ...(["log_fails", "log_retries", "broken_part"] as const),
]);

/** No faults. */
export function createFaults(): Faults {
  let waiting: { rule: FaultRule; id: number; left: number }[] = [];
  let nextId = 1;
  const remove = (id: number) => {
    waiting = waiting.filter((one) => one.id !== id);
  };
  return {
    add(rule) {
      const id = nextId++;
      const left = rule.times === "always" ? Number.POSITIVE_INFINITY : (rule.times ?? 1);
      waiting.push({ rule, id, left });
      return { id, remove: () => remove(id) };
    },
    clear() {
      waiting = [];
    },
    get waiting() {
      return waiting.map(({ rule, id, left }) => ({ ...rule, id, left }));
    },
    take(target) {
      const struck: Fault[] = [];
      for (const one of waiting) {
        const { fault } = one.rule;
        const slot = COMBINING.has(fault.kind) ? [fault.kind] : decidingKinds(struck);
        if (!meets(one.rule, target) || struck.some((earlier) => slot.includes(earlier.kind))) continue;
        struck.push(fault);
        one.left--;
      }
      waiting = waiting.filter((one) => one.left > 0);
      return struck;
    },
  };
}

function decidingKinds(struck: readonly Fault[]): readonly Fault["kind"][] {
  return struck.map((fault) => fault.kind).filter((kind) => !COMBINING.has(kind));
}

function meets({ match = {}, fault }: FaultRule, target: FaultTarget): boolean {
  const says = match.operation !== undefined || match.path !== undefined || match.method !== undefined;
  const operation = match.operation ?? (says ? undefined : HOME[fault.kind]);
  return (
    (operation === undefined || operation === target.operation) &&
    (match.method === undefined || match.method.toUpperCase() === target.method) &&
    (match.path === undefined || match.path.test(target.path)) &&
    (match.counterId === undefined || match.counterId === target.counterId) &&
    (match.token === undefined || match.token === target.token)
  );
}
