import { expect, setDefaultTimeout, test } from "bun:test";
import { differenceOf, whole } from "../setup/ledger.ts";
import { hurried, serveSimulator, startGateway, temporaryFolder, until } from "../setup/process.ts";
import { createWebhook, saleOf, uploadsByState } from "../setup/senders.ts";

const ROWS = Number(process.env.BACKFILL_ROWS ?? 20_000);
const REQUEST_ROWS = 10_000;
/** 140 MB were measured for 20,000 rows and 334 MB for a million, whose bodies alone are 130 MB. */
const MOST_RESIDENT_MB = 500;
const FORMULA = `=cmd|' /C calc'!A0`;
const LONG = 10_000_000;

setDefaultTimeout(60_000 + ROWS * 0.5);

interface Row {
  readonly conversion: Readonly<Record<string, unknown>>;
  /** The code with which it must be refused; null for a good one. */
  readonly refusal: string | null;
}

/** The n-th row of the backfill: each hundredth is bad in one way or another, each ninety-seventh holds a formula. */
function rowOf(n: number): Row {
  const sale = saleOf(`visitor-${n}`) as Row["conversion"];
  const bad = (more: object, refusal: string): Row => ({ conversion: { ...sale, ...more }, refusal });
  if (n % 10_000 === 4321) return bad({ user_id: "x".repeat(n === 4321 ? LONG : 300) }, "too_long");
  if (n % 100 === 13) return bad({ user_id: null }, "no_identifier");
  if (n % 100 === 26) return bad({ date_time: "2026-11-15" }, "date_only");
  if (n % 100 === 39) return bad({ price: "12,5" }, "price_format");
  if (n % 100 === 52) return bad({ target: "" }, "target_missing");
  if (n % 100 === 65) return { conversion: [] as unknown as Row["conversion"], refusal: "not_an_object" };
  if (n % 97 === 1)
    return { conversion: { ...sale, user_id: `${FORMULA}${n}`, purchase_id: `${FORMULA}${n}` }, refusal: null };
  return { conversion: sale, refusal: null };
}

/** A body as an export from a Windows program would be: a byte order mark in front, lines that end with CR and LF. */
function bodyOf(rows: readonly Row[]): string {
  const lines = rows.map(({ conversion }) => JSON.stringify(conversion)).join(",\r\n  ");
  return `\uFEFF{\r\n "conversions": [\r\n  ${lines}\r\n ]\r\n}\r\n`;
}

/** The most memory that a process has held at once, in megabytes; 0 where the system does not tell. */
async function mostResidentMb(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`)
    .text()
    .catch(() => "");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

test(`a backfill of ${ROWS} rows takes the good ones, names the fault of each bad one, and needs no more memory than a request`, async () => {
  await using folder = await temporaryFolder();
  await using metrika = await serveSimulator();
  await using gateway = await startGateway(folder, hurried(metrika.url));
  const webhook = await createWebhook(gateway);
  for (let first = 0; first < ROWS; first += REQUEST_ROWS) {
    const rows = Array.from({ length: Math.min(REQUEST_ROWS, ROWS - first) }, (_, n) => rowOf(first + n));
    const answer = await fetch(`${gateway.url}/webhook/offline-conversions/${webhook.id}`, {
      method: "POST",
      headers: { "x-webhook-secret": webhook.secret, "content-type": "application/json" },
      body: bodyOf(rows),
    });
    const text = await answer.text();
    expect(answer.status).toBe(202);
    expect(text.length).toBeLessThan(1_000_000);
    const { accepted_count, rejections } = JSON.parse(text) as {
      accepted_count: number;
      rejections: { index: number; code: string }[];
    };
    const expected = rows.flatMap(({ refusal }, index) => (refusal === null ? [] : [{ index, code: refusal }]));
    expect(rejections.map(({ index, code }) => ({ index, code }))).toEqual(expected);
    expect(accepted_count).toBe(rows.length - expected.length);
  }
  await until(
    "everything is settled",
    async () => {
      const { completed = 0, ...open } = await uploadsByState(gateway);
      return completed > 0 && Object.keys(open).length === 0 ? true : null;
    },
    30_000 + ROWS * 0.2,
  );

  const good = function* () {
    for (let n = 0; n < ROWS; n++) {
      const { conversion, refusal } = rowOf(n);
      if (refusal === null) yield conversion;
    }
  };
  expect(differenceOf(metrika.simulator, good())).toEqual(whole);
  expect(metrika.simulator.ledger.countOf({ identifier: `${FORMULA}1`, identifierKind: "user_id" })).toBe(1);
  expect(await mostResidentMb(gateway.pid)).toBeLessThan(MOST_RESIDENT_MB);
});
