import { newConversion, numberOf } from "./conversions.ts";
import { whole } from "./figures.ts";

/** Conversions that were posted, by their numbers. */
export interface PostedRange {
  readonly firstNumber: number;
  readonly rows: number;
}

/** Prints what Metrika counts against what was posted, one by one, by identifier, target and second. */
export async function compareLedger(
  metrikaUrl: string,
  fromSecond: number,
  posted: readonly PostedRange[],
): Promise<void> {
  const ranges = posted.map((range) => ({ ...range, seen: new Uint8Array(range.rows) }));
  let counted = 0;
  let unknown = 0;
  let repeated = 0;
  for await (const line of linesOf(`${metrikaUrl}/_simulator/conversions`)) {
    const kept = JSON.parse(line) as LedgerLine;
    counted++;
    if (kept.times_uploaded > 1) repeated++;
    const number = numberOf(Number(kept.identifier));
    const range = ranges.find(({ firstNumber, rows }) => number >= firstNumber && number < firstNumber + rows);
    const place = number - (range?.firstNumber ?? 0);
    const told = newConversion(number, fromSecond);
    const same =
      kept.identifier_kind === "client_id" && kept.target === told.target && kept.date_time === told.dateTime;
    if (same && range?.seen[place] === 0) range.seen[place] = 1;
    else unknown++;
  }
  const total = ranges.reduce((sum, { rows }) => sum + rows, 0);
  const missing = ranges.reduce((sum, { seen }) => sum + seen.filter((one) => one === 0).length, 0);
  console.log(
    `Metrika counts ${whole(counted)} of ${whole(total)} posted: ${missing} missing, ${unknown} never posted, ${repeated} sent more than once`,
  );
}

interface LedgerLine {
  readonly identifier_kind: string;
  readonly identifier: string;
  readonly target: string;
  readonly date_time: number;
  readonly times_uploaded: number;
}

async function* linesOf(url: string): AsyncGenerator<string> {
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
