import { expect, test } from "bun:test";
import fc from "fast-check";
import { csvHeader, csvRow } from "../../core/conversion/csv.ts";
import { parseExactJson } from "../../core/conversion/exact-json.ts";
import { normaliseConversion } from "../../core/conversion/normalise.ts";
import { createMetrikaClient } from "../../core/metrika/client.ts";
import { demo, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import { createMetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { missingGoal, salesBody, salesExpected } from "./sales.ts";

const DAY_MS = 86_400_000;
const instant = fc.integer({ min: Date.parse("2026-01-01T00:00:00Z"), max: Date.parse("2036-01-01T00:00:00Z") });

test("for every instant, the sales have happened, after the visits that they link to and within 21 days", async () => {
  await fc.assert(
    fc.asyncProperty(instant, async (now) => {
      const { conversions } = parseExactJson(salesBody(now)) as { conversions: unknown[] };
      const options = { now, timeZone: demo.timeZone, defaultCurrency: "RUB", allowPersonalUserId: false };
      const rows = conversions.map((row) => normaliseConversion(row, options));
      const good = rows.flatMap((row) => (row.ok ? [row.conversion] : []));
      const { total, rejected, duplicates, accepted } = salesExpected;
      expect([rows.length, good.length]).toEqual([total, total - rejected]);
      expect(rows.flatMap((row) => (row.ok ? row.warnings : []))).toEqual([]);

      const simulator = createMetrikaSimulator({ now: () => now });
      seedDemo(simulator);
      simulator.addGoal(demo.counterId, missingGoal);
      const call = { token: demo.token, counterId: demo.counterId };
      const client = createMetrikaClient({
        ...{ apiUrl: "https://metrika.example", loginUrl: "https://login.example" },
        fetch: (url, init) => simulator.fetch(url, init),
      });
      const bytes = new TextEncoder().encode(csvHeader() + good.map((row) => csvRow(row, "all")).join(""));
      const file = { size: bytes.length, chunks: () => new Blob([bytes]).stream() };
      const { id: uploadingId } = await client.uploadings.upload({ ...call, comment: "c1", file });
      simulator.advance(simulator.settings.processingMs);
      expect(await client.uploadings.get({ ...call, uploadingId })).toMatchObject({
        ...{ status: "PROCESSED", goalNotFoundQuantity: 0, userNotFoundQuantity: 1 },
      });
      expect(simulator.ledger.total).toBe(good.length - duplicates);
      expect(simulator.ledger.total).toBe(accepted);
    }),
    { numRuns: 50 },
  );
});

test("the dates of the sales are those of the counter's zone", () => {
  // In Moscow the day has already changed.
  const now = Date.parse("2026-03-10T22:30:00Z");
  expect(salesBody(now)).toContain('"2026-03-10T10:12:30+03:00"');
  expect(salesBody(now - DAY_MS)).toContain('"2026-03-09T10:12:30+03:00"');
  expect(salesBody(now)).not.toContain("{-");
});
