import { createDraw, seedOf } from "./draw.ts";
import type { Ids, VisitPlace } from "./ids.ts";
import type { ShownPage, ShownPurchase, ShownVisit, SiteGoal, SourceModel, TrafficSource, Utm } from "./shown-visit.ts";
import { durationShown, pagesShown, type VisitCourse } from "./visit-course.ts";
import type { PlannedVisit, Visitor } from "./visitor.ts";

/** What the visits of one traffic have in common. */
export interface Site {
  readonly seed: number;
  readonly ids: Ids;
  /** `https://` and the host. */
  readonly address: string;
  /** Identifiers of the goals that visitors may reach. */
  readonly goals: readonly string[];
  /** The one among them that a purchase reaches. */
  readonly purchaseGoal: string;
}

// The titles and the search words hold the characters that a TSV file has to escape.
const PAGES = [
  ["/", "Ромашка: цветы с доставкой"],
  ["/catalog", "Каталог"],
  ["/catalog/roses", "Розы «Весна»\tи 'Лето'"],
  ["/product/17", "Букет 17 \\ белый"],
  ["/product/42", "Букет 42"],
  ["/delivery", "Доставка\nи оплата"],
  ["/about", "О нас"],
] as const;
const CHECKOUT = ["/checkout", "Оформление заказа"] as const;
const TERMS = ["купить розы", "букет 'невесты'", "цветы\\доставка", "ромашки\tмосква"] as const;

const REFERERS: Readonly<Record<TrafficSource, string>> = {
  organic: "https://yandex.ru/search/?text=цветы",
  ad: "https://yandex.ru/search/ads",
  direct: "",
  referral: "https://sad-i-ogorod.example/forum?id=7&page='2'",
  social: "https://vk.com/away",
  email: "https://mail.example/",
  messenger: "https://t.me/",
};

/** A visit of the generated traffic. What costs time is worked out only when somebody asks for it. */
export class GeneratedVisit implements ShownVisit {
  readonly #site: Site;
  readonly #visitor: Visitor;
  readonly #visit: PlannedVisit;
  readonly #course: VisitCourse;
  readonly #place: VisitPlace;
  #pages: readonly ShownPage[] | null = null;
  readonly pageCount: number;
  readonly duration: number;

  /** @param now Unix seconds: the visit is shown as it was known then. */
  constructor(site: Site, visitor: Visitor, visit: PlannedVisit, course: VisitCourse, now: number) {
    this.#site = site;
    this.#visitor = visitor;
    this.#visit = visit;
    this.#course = course;
    this.#place = { index: visitor.index, ordinal: visit.ordinal };
    this.pageCount = pagesShown(course, now);
    this.duration = durationShown(course, now);
  }

  get visitor(): number {
    return this.#visitor.index;
  }
  get visitId(): string {
    return this.#site.ids.visitId(this.#place);
  }
  get clientId(): string | null {
    const { index, firstSeen, hasClientId } = this.#visitor;
    return hasClientId ? this.#site.ids.clientId(index, firstSeen) : null;
  }
  get userId(): string | null {
    return this.#visitor.hasUserId ? this.#site.ids.userId(this.#visitor.index) : null;
  }
  get userHash(): string {
    return this.#site.ids.userHash(this.#visitor.index);
  }
  get start(): number {
    return this.#visit.start;
  }
  get visitNumber(): number {
    return this.#visitor.earlierVisits + this.#visit.ordinal + 1;
  }
  get daysSincePrevious(): number | null {
    const previous = this.#visitor.visits[this.#visit.ordinal - 1]?.start ?? this.#visitor.firstSeen;
    return this.visitNumber === 1 ? null : Math.floor((this.start - previous) / 86_400);
  }
  get device() {
    return this.#visitor.device;
  }
  get operatingSystem(): string {
    return this.#visitor.operatingSystem;
  }
  get browser(): string {
    return this.#visitor.browser;
  }
  get cityId(): number {
    return this.#visitor.cityId;
  }
  get ipAddress(): string {
    // Addresses that are set aside for documents, RFC 5737.
    return `203.0.113.${this.#visitor.index % 256}`;
  }
  get yclid(): string | null {
    return this.#visit.source === "ad" ? this.#site.ids.yclid(this.#place, this.start) : null;
  }
  get parameters(): readonly [readonly string[], readonly string[]] {
    return this.#visitor.hasUserId ? [["user", "d'accord"], ["logged\\in"]] : [[], []];
  }

  get pages(): readonly ShownPage[] {
    this.#pages ??= this.#makePages();
    return this.#pages;
  }

  get watchIds(): readonly string[] {
    return Array.from({ length: this.pageCount }, (_, page) => this.#site.ids.pageId(this.#place, page));
  }

  #makePages(): readonly ShownPage[] {
    const draw = createDraw(this.#site.seed, this.#visitor.index, 10_000 + this.#visit.ordinal);
    const pages: ShownPage[] = [];
    let referer = REFERERS[this.#visit.source];
    for (let page = 0; page < this.pageCount; page++) {
      const drawn = PAGES[page === 0 && draw() < 0.4 ? 0 : Math.floor(draw() * PAGES.length)] ?? PAGES[0];
      const [path, title] = this.#buysOn(page) ? CHECKOUT : drawn;
      const url = `${this.#site.address}${path}${page === 0 ? this.#marks() : ""}`;
      pages.push({ time: this.#course.pageTimes[page] ?? this.start, url, title, referer });
      referer = url;
    }
    return pages;
  }

  get purchases(): readonly ShownPurchase[] {
    const { kopecks } = this.#course;
    return this.#buysOn(this.pageCount - 1) ? [{ id: this.#site.ids.purchaseId(this.#place), kopecks }] : [];
  }

  get siteGoals(): readonly SiteGoal[] {
    const reached: SiteGoal[] = [];
    for (const [number, identifier] of this.#site.goals.entries()) {
      const page = this.#pageOfGoal(identifier);
      if (page === null || page >= this.pageCount) continue;
      const isPurchase = identifier === this.#site.purchaseGoal;
      reached.push({
        watchId: this.#site.ids.goalId(this.#place, number),
        identifier,
        time: this.#course.pageTimes[page] ?? this.start,
        kopecks: isPurchase ? this.#course.kopecks : null,
        order: isPurchase ? this.#site.ids.purchaseId(this.#place) : "",
      });
    }
    return reached.sort((a, b) => a.time - b.time);
  }

  sourceBy(model: SourceModel): TrafficSource {
    if (model === "first") return this.#visitor.firstSource;
    if (model === "lastsign") return this.#visit.significantSource;
    return model === "last_ad" && this.#visit.sawAdvertisement ? "ad" : this.#visit.source;
  }

  utmBy(model: SourceModel): Utm | null {
    return utmOf(this.sourceBy(model), this.#visitor.index);
  }

  offlineWatchId(conversion: number): string {
    return this.#site.ids.offlineId(this.#place, conversion);
  }

  #buysOn(page: number): boolean {
    return this.#course.kopecks > 0 && page === this.#course.pageTimes.length - 1;
  }

  /** The page on which a goal is reached; each goal is drawn for itself, so that a new one changes none of the others. */
  #pageOfGoal(identifier: string): number | null {
    const pages = this.#course.pageTimes.length;
    if (identifier === this.#site.purchaseGoal) return this.#course.kopecks > 0 ? pages - 1 : null;
    const draw = createDraw(this.#site.seed ^ seedOf(identifier), this.#visitor.index, this.#visit.ordinal);
    return draw() < 0.01 + 0.25 * this.#visitor.propensity ** 2 ? Math.floor(draw() * pages) : null;
  }

  /** The query of the first page's address. */
  #marks(): string {
    const utm = utmOf(this.#visit.source, this.#visitor.index);
    if (utm === null) return "";
    const query = new URLSearchParams(Object.entries(utm).map(([name, value]) => [`utm_${name.toLowerCase()}`, value]));
    if (this.yclid !== null) query.set("yclid", this.yclid);
    return `?${query}`;
  }
}

function utmOf(source: TrafficSource, index: number): Utm | null {
  if (source === "email") return { Source: "email", Medium: "letter", Campaign: "weekly", Content: "", Term: "" };
  if (source !== "ad") return null;
  const Term = TERMS[index % TERMS.length] ?? TERMS[0];
  return { Source: "yandex", Medium: "cpc", Campaign: `campaign-${index % 5}`, Content: `ad|${index % 11}`, Term };
}
