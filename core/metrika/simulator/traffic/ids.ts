import { createDraw } from "./draw.ts";

/** Which visit of which visitor: the visitor's number and the visit's among the visitor's. */
export interface VisitPlace {
  readonly index: number;
  readonly ordinal: number;
}

/** Visitors are numbered below this, the visits of each below {@link MAX_VISITS}. */
export const MAX_VISITORS = 100_000_000;
/** See {@link MAX_VISITORS}. */
export const MAX_VISITS = 100;
/** Page views of a visit are numbered below this. */
export const MAX_PAGES = 60;
// Behind the page views of a visit come the goals it reached on the site, behind these the conversions uploaded for it.
const FIRST_GOAL = 64;
const FIRST_OFFLINE = 256;
const SLOTS = 512;

/**
 * The identifiers of a traffic. Each can be read back to the visitor it belongs to, so that a conversion finds its visit
 * among ten million without an index, and no two are alike. UInt64 numbers are given as their digits; about half of the
 * visit and event ids exceed 2^63, as do the client ids of 20 digits.
 */
export interface Ids {
  /** 10 digits of the first visit's second and 8 to 10 more, like those of Metrika's own. */
  clientId(index: number, firstSeen: number): string;
  /** The visitor a client id may belong to; whoever asks compares the visitor's own. */
  visitorOfClient(clientId: string): number | null;
  yclid(place: VisitPlace, start: number): string;
  userId(index: number): string;
  purchaseId(place: VisitPlace): string;
  userHash(index: number): string;
  visitId(place: VisitPlace): string;
  pageId(place: VisitPlace, page: number): string;
  goalId(place: VisitPlace, goal: number): string;
  offlineId(place: VisitPlace, conversion: number): string;
  /** The visits that the identifiers may lead to, null where the text is none of ours. */
  placeOfYclid(yclid: string): VisitPlace | null;
  placeOfPurchase(purchaseId: string): VisitPlace | null;
  placeOfVisit(visitId: string): VisitPlace | null;
  visitorOfUser(userId: string): number | null;
}

// Coprime to 10, and small enough for products that stay exact below 2^53.
const TAIL_FACTOR = 61_803_399;
const TAIL_FACTOR_INVERSE = inverse(BigInt(TAIL_FACTOR), BigInt(MAX_VISITORS));
const VISIT_FACTOR = 0x9e3779b97f4a7c15n;
const VISIT_FACTOR_INVERSE = inverse(VISIT_FACTOR, 1n << 64n);
const EVENT_FACTOR = 0xd6e8feb86659fd93n;
const USER_FACTOR = 0xa0761d6478bd642fn;
// From June 2028 on, 20 digits that begin with the second would exceed UInt64.
const LAST_LONG_SECOND = 1_844_674_406;

/** Makes the identifiers of a traffic with this seed. */
export function createIds(seed: number): Ids {
  const draw = createDraw(seed, 0, 0x1d5);
  const tailShift = Math.floor(draw() * MAX_VISITORS);
  const shift = (BigInt(Math.floor(draw() * 2 ** 32)) << 32n) | BigInt(Math.floor(draw() * 2 ** 32));

  const tail = (index: number) => String((index * TAIL_FACTOR + tailShift) % MAX_VISITORS).padStart(8, "0");
  const indexOf = (digits: string) =>
    Number(((BigInt(digits) - BigInt(tailShift) + BigInt(MAX_VISITORS)) * TAIL_FACTOR_INVERSE) % BigInt(MAX_VISITORS));
  const codeOf = ({ index, ordinal }: VisitPlace) => index * 128 + ordinal;
  const scattered = (code: number, factor: bigint) => String(BigInt.asUintN(64, BigInt(code) * factor + shift));
  const eventId = (place: VisitPlace, slot: number) => scattered(codeOf(place) * SLOTS + slot, EVENT_FACTOR);

  return {
    clientId(index, firstSeen) {
      const random = createDraw(seed, index, 0xc1d);
      const kind = random();
      const between = kind < 0.1 ? 0 : kind < 0.6 || firstSeen > LAST_LONG_SECOND ? 1 : 2;
      const middle = between === 0 ? "" : String(Math.floor(random() * 10 ** between)).padStart(between, "0");
      return `${firstSeen}${middle}${tail(index)}`;
    },
    visitorOfClient: (clientId) => (/^\d{18,20}$/.test(clientId) ? indexOf(clientId.slice(-8)) : null),
    yclid: ({ index, ordinal }, start) => `${start}${String(ordinal).padStart(2, "0")}${tail(index)}`,
    userId: (index) => `user-${tail(index)}`,
    purchaseId: ({ index, ordinal }) => `order-${tail(index)}-${ordinal + 1}`,
    userHash: (index) => scattered(index, USER_FACTOR),
    visitId: (place) => scattered(codeOf(place), VISIT_FACTOR),
    pageId: (place, page) => eventId(place, page),
    goalId: (place, goal) => eventId(place, FIRST_GOAL + (goal % (FIRST_OFFLINE - FIRST_GOAL))),
    offlineId: (place, conversion) => eventId(place, FIRST_OFFLINE + (conversion % (SLOTS - FIRST_OFFLINE))),
    placeOfYclid(yclid) {
      const [, ordinal, digits] = /^\d{10}(\d{2})(\d{8})$/.exec(yclid) ?? [];
      return digits === undefined ? null : { index: indexOf(digits), ordinal: Number(ordinal) };
    },
    placeOfPurchase(purchaseId) {
      const [, digits, number] = /^order-(\d{8})-(\d{1,3})$/.exec(purchaseId) ?? [];
      return digits === undefined ? null : { index: indexOf(digits), ordinal: Number(number) - 1 };
    },
    placeOfVisit(visitId) {
      if (!/^\d{1,20}$/.test(visitId)) return null;
      const code = BigInt.asUintN(64, (BigInt(visitId) - shift) * VISIT_FACTOR_INVERSE);
      return code >= BigInt(MAX_VISITORS) * 128n ? null : { index: Number(code >> 7n), ordinal: Number(code & 127n) };
    },
    visitorOfUser(userId) {
      const [, digits] = /^user-(\d{8})$/.exec(userId) ?? [];
      return digits === undefined ? null : indexOf(digits);
    },
  };
}

/** The number by which a product with `value` is 1 modulo `modulus`: Euclid's algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}
