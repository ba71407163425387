const encoder = new TextEncoder();

/** A conversion of a benchmark, of which everything follows from its number. */
export interface BenchConversion {
  readonly clientId: number;
  /** Unix seconds. */
  readonly dateTime: number;
  readonly target: "purchase";
  readonly price: number;
}

/** Beyond all stored ones, so that a new row is new on a full database as well. */
const FIRST_NEW_CLIENT = 1_700_000_000_000_000;
const SECONDS_OF_NEW = 80_000;

/** The conversion of a number, in the order of time, as a CRM tells them; no two numbers give the same one. */
export const newConversion = (number: number, fromSecond: number): BenchConversion => ({
  clientId: FIRST_NEW_CLIENT + number,
  dateTime: fromSecond + (number % SECONDS_OF_NEW),
  target: "purchase",
  price: 100 + (number % 900),
});

/** The number that {@link newConversion} made a client's id of. */
export const numberOf = (clientId: number) => clientId - FIRST_NEW_CLIENT;

/** A day ago: from here on new conversions lie in the past, whichever number they have. */
export const aDayAgo = () => Math.floor(Date.now() / 1000) - 86_400;

/** A row as senders write it. */
export function toJson({ clientId, dateTime, target, price }: BenchConversion): string {
  const time = new Date(dateTime * 1000).toISOString().slice(0, 19);
  return `{"client_id":"${clientId}","target":"${target}","date_time":"${time}Z","price":${price},"currency":"RUB"}`;
}

/** The body of one request. */
export function toBody(conversions: readonly BenchConversion[]): Uint8Array {
  return encoder.encode(`{"conversions":[${conversions.map(toJson).join(",")}]}`);
}

/** New conversions without end, none of them twice. */
export function newConversions(fromSecond = aDayAgo(), firstNumber = 0): (rows: number) => BenchConversion[] {
  let number = firstNumber;
  return (rows) => Array.from({ length: rows }, () => newConversion(number++, fromSecond));
}
