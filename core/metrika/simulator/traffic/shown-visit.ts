/** Where a visit came from, by the ids of the Reports API. https://yandex.ru/dev/metrika/ru/stat/examples */
export const trafficSources = ["organic", "direct", "ad", "referral", "social", "email", "messenger"] as const;
/** One of {@link trafficSources}. */
export type TrafficSource = (typeof trafficSources)[number];

/** `ym:s:deviceCategory` of the Logs API: desktop, phone, tablet, television. */
export type DeviceCategory = 1 | 2 | 3 | 4;

/** The visit whose source counts: the visitor's first one, this one, the last that came from somewhere, the last from an advertisement. */
export type SourceModel = "first" | "last" | "lastsign" | "last_ad";

/** The marks of an advertisement or a mailing. */
export interface Utm {
  readonly Source: string;
  readonly Medium: string;
  readonly Campaign: string;
  readonly Content: string;
  readonly Term: string;
}

/** One page view. */
export interface ShownPage {
  /** Unix seconds, as are all times here. */
  readonly time: number;
  readonly url: string;
  readonly title: string;
  readonly referer: string;
}

/** A goal that was reached on the site. */
export interface SiteGoal {
  readonly watchId: string;
  /** The identifier of the goal; a counter without such a goal does not show it. */
  readonly identifier: string;
  readonly time: number;
  /** Hundredths of a rouble; null: the goal has no price. */
  readonly kopecks: number | null;
  readonly order: string;
}

/** A purchase on the site. */
export interface ShownPurchase {
  readonly id: string;
  readonly kopecks: number;
}

/** A visit as Metrika knows it at a certain instant; later it may have more pages, more time and more goals. */
export interface ShownVisit {
  /** Tells visitors apart; the same for all visits of one. */
  readonly visitor: number | string;
  readonly visitId: string;
  /** Null: the browser let no id be kept. */
  readonly clientId: string | null;
  readonly userId: string | null;
  readonly userHash: string;
  readonly start: number;
  /** Seconds. */
  readonly duration: number;
  /** Counted from 1 over the visitor's whole past; 1 is a new visitor. */
  readonly visitNumber: number;
  /** Null for a first visit. */
  readonly daysSincePrevious: number | null;
  readonly device: DeviceCategory;
  readonly operatingSystem: string;
  readonly browser: string;
  readonly cityId: number;
  readonly ipAddress: string;
  readonly pageCount: number;
  readonly pages: readonly ShownPage[];
  /** The ids of the page views, in the order of the pages; UInt64 as their digits. */
  readonly watchIds: readonly string[];
  readonly siteGoals: readonly SiteGoal[];
  readonly purchases: readonly ShownPurchase[];
  /** Names of visit parameters on the first two levels. */
  readonly parameters: readonly [readonly string[], readonly string[]];
  sourceBy(model: SourceModel): TrafficSource;
  /** Null where the source carries no marks. */
  utmBy(model: SourceModel): Utm | null;
  /** Makes the id of an uploaded conversion's event. */
  offlineWatchId(conversion: number): string;
}
