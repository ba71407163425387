import * as v from "valibot";

/** The four ways in which a row may name its visitor, as columns of the upload file. */
export const identifierKinds = ["client_id", "yclid", "user_id", "purchase_id"] as const;
/** One of {@link identifierKinds}. */
export type IdentifierKind = (typeof identifierKinds)[number];

/** Who a row is about. */
export interface Identity {
  readonly counterId: number;
  readonly kind: IdentifierKind;
  readonly identifier: string;
}

/** The quotas of https://yandex.com/dev/metrika/en/intro/quotas; null switches one off. */
export const documentedQuotas = {
  ...{ requestsPerSecond: 30, parallelPerLogin: 3, requestsPerDay: 5000 },
  ...{ reportsPer5Minutes: 200, logsPerSecond: 10 },
} as const;

const Limit = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)));
const Milliseconds = v.pipe(v.number(), v.minValue(0));
const Predicate = v.custom<(identity: Identity) => boolean>((value) => typeof value === "function");

/** Each setting answers a question that Metrika's documents leave open, or chooses how much of Metrika is played. */
export const SettingsShape = v.object({
  /** Status in the answer to an upload; clients have met both. */
  firstStatus: v.picklist(["UPLOADED", "PREPARED"]),
  /** From the upload to its last status. Documented: up to two hours. */
  processingMs: Milliseconds,
  /** Replaces the walk through the statuses; any text is allowed as a status, and a walk may end before PROCESSED. */
  statusScript: v.nullable(v.array(v.object({ status: v.string(), afterMs: Milliseconds }))),
  /** What one bad cell does: its row is left out, or the file is answered with 400. */
  badRows: v.picklist(["refuse_row", "refuse_file"]),
  /** Which identifier of a row counts when several are filled, strongest first. */
  identifierPriority: v.array(v.picklist(identifierKinds)),
  /** Whether the weaker identifiers of a row are tried when the strongest meets no visit. */
  identifierMatching: v.picklist(["strongest", "any"]),
  /** `seeded`: only visits that were added. `any`: every visitor has a fitting visit. Or a share of them, or a rule. */
  visitors: v.union([
    v.picklist(["seeded", "any"]),
    v.object({ share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
    Predicate,
  ]),
  /** When a row's target is looked up; at `processing`, a goal made after the upload rescues its rows. */
  goalLookup: v.picklist(["upload", "processing"]),
  targetCase: v.picklist(["sensitive", "insensitive"]),
  /** How a row without a goal is counted: not searched further, searched as well, or linked all the same. */
  rowsWithoutGoal: v.picklist(["goal_only", "goal_and_visitor", "linked"]),
  /** How a known visitor without a fitting visit is counted. */
  strayVisitors: v.picklist(["user_not_found", "uncounted"]),
  linkageFailure: v.picklist(["no_row_linked", "no_visitor_matched"]),
  /** What an empty currency beside a price means. */
  emptyCurrency: v.string(),
  listOrder: v.picklist(["asc", "desc", "shuffle"]),
  /** Null: no quota is enforced; requests are counted all the same. */
  quotas: v.nullable(
    v.object({
      ...{ requestsPerSecond: Limit, parallelPerLogin: Limit, requestsPerDay: Limit },
      reportsPer5Minutes: v.optional(Limit, documentedQuotas.reportsPer5Minutes),
      logsPerSecond: v.optional(Limit, documentedQuotas.logsPerSecond),
    }),
  ),
  /** How a report is refused whose login has asked 200 times in five minutes: the documents name no type for it. */
  reportsQuotaType: v.string(),
  throttleStatus: v.picklist([429, 420]),
  retryAfter: v.picklist(["none", "seconds", "http_date"]),
  invalidTokenStatus: v.picklist([403, 401]),
  unknownCounter: v.picklist(["not_found", "access_denied"]),
  /** `expires_in` of the tokens that are issued from now on; 31536000, a year, is what clients have met. */
  tokenLifetimeSeconds: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Whether a refreshed pair has a fresh access token or the one it had: documented are both. */
  refreshedAccessToken: v.picklist(["new", "same"]),
  /** Status of the answer to a wrong id or secret of an application. */
  invalidClientStatus: v.picklist([401, 400]),
  /** Keeps the text of every file in the ledger. */
  keepCsv: v.boolean(),
  maxFileBytes: v.pipe(v.number(), v.integer()),
  /** How old the youngest visit in a report is: `data_lag`. */
  reportLagMs: Milliseconds,
  /** A report of more rows is refused with `too_much_rows`; the limit is not documented. */
  reportMaxRows: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** From the moment a log's turn comes until it can be downloaded. */
  logProcessingMs: Milliseconds,
  /** From then until Metrika cleans it by itself; how long that is, is not documented. */
  logKeepMs: Milliseconds,
  /** About how much one part holds. */
  logPartBytes: v.pipe(v.number(), v.minValue(1)),
  /** Prepared logs of one counter. Documented: 10 GB. */
  logQuotaBytes: v.pipe(v.number(), v.minValue(0)),
  /** `estimated`: sizes come from a sample of the visitors, so that a large log is not generated once more to be weighed; they are near the truth, not true. */
  logPartSizes: v.picklist(["exact", "estimated"]),
  /** What a log without rows consists of. */
  emptyLog: v.picklist(["header_only", "no_parts"]),
  /** Whether a part is compressed when the client says that it can read that. */
  logCompression: v.picklist(["none", "gzip"]),
  /** How `source` of a log stands in answers: documented as a list, met as a text. */
  logSourceShape: v.picklist(["text", "list"]),
  /** Digits; a number beyond 2^53 finds clients that round ids. Read when the first file arrives. */
  firstUploadingId: v.pipe(v.string(), v.regex(/^\d+$/)),
});

/** All settings; they may be changed at any time. */
export type SimulatorSettings = v.InferOutput<typeof SettingsShape>;

/** Fresh settings with the defaults. */
export function defaultSettings(): SimulatorSettings {
  return {
    firstStatus: "UPLOADED",
    processingMs: 2 * 3600 * 1000,
    statusScript: null,
    badRows: "refuse_row",
    identifierPriority: [...identifierKinds],
    identifierMatching: "strongest",
    visitors: "seeded",
    goalLookup: "upload",
    targetCase: "sensitive",
    rowsWithoutGoal: "goal_only",
    strayVisitors: "user_not_found",
    linkageFailure: "no_row_linked",
    emptyCurrency: "RUB",
    listOrder: "asc",
    quotas: null,
    throttleStatus: 429,
    retryAfter: "none",
    invalidTokenStatus: 403,
    unknownCounter: "not_found",
    tokenLifetimeSeconds: 31_536_000,
    refreshedAccessToken: "new",
    invalidClientStatus: 401,
    keepCsv: false,
    maxFileBytes: 1024 ** 3,
    reportsQuotaType: "quota_requests_by_uid",
    reportLagMs: 60_000,
    reportMaxRows: 500_000,
    logProcessingMs: 5 * 60 * 1000,
    logKeepMs: 30 * 24 * 3600 * 1000,
    logPartBytes: 100 * 1024 * 1024,
    logQuotaBytes: 10 * 1024 ** 3,
    logPartSizes: "exact",
    emptyLog: "header_only",
    logCompression: "none",
    logSourceShape: "text",
    firstUploadingId: "1400000001",
  };
}
