import { expect, test } from "bun:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import type { Conversion } from "./conversion.ts";
import { csvHeader, csvRow } from "./csv.ts";

const sale: Conversion = {
  target: "purchase",
  dateTime: 1751373296,
  clientId: "133591247640966458",
  userId: "",
  yclid: "",
  purchaseId: "order123",
  price: "1500.5",
  currency: "RUB",
};

test("a file has all columns, blank where a conversion has no value", () => {
  expect(csvHeader() + csvRow(sale, "all")).toBe(
    "ClientId,UserId,Yclid,PurchaseId,Target,DateTime,Price,Currency\n" +
      "133591247640966458,,,order123,purchase,1751373296,1500.5,RUB\n",
  );
});

test("a currency stands only beside a price", () => {
  expect(csvRow({ ...sale, price: null }, "all")).toBe("133591247640966458,,,order123,purchase,1751373296,,\n");
  expect(csvRow({ ...sale, price: "0" }, "all")).toEndWith(",0,RUB\n");
});

test("only the strongest identifier is written when the best is asked, by the given order", () => {
  expect(csvRow(sale, "best")).toStartWith("133591247640966458,,,,purchase,");
  expect(csvRow({ ...sale, clientId: "", yclid: "77", userId: "u" }, "best")).toStartWith(",,77,,purchase,");
});

test("cells are quoted where they must be, and a formula is not guarded", () => {
  expect(csvRow({ ...sale, purchaseId: '=1+1,"x"' }, "all")).toContain(',"=1+1,""x""",purchase,');
  expect(csvRow({ ...sale, purchaseId: "=1+1" }, "all")).toContain(",=1+1,purchase,");
});

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom('"', ",", "\n", "\r\n", ' a"b,c ', "'=x"));
const conversion: fc.Arbitrary<Conversion> = fc.record({
  target: text,
  dateTime: fc.nat(),
  clientId: fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1 }),
  userId: text,
  yclid: fc.constantFrom("", "4398046511104"),
  purchaseId: text,
  price: fc.constantFrom(null, "0", "1500.5"),
  currency: fc.constantFrom("RUB", "USD"),
});

test("for every list of conversions the file is read back cell by cell", () => {
  fc.assert(
    fc.property(fc.array(conversion), (rows) => {
      const file = csvHeader() + rows.map((row) => csvRow(row, "all")).join("");
      const [header, ...read] = parse(file, { record_delimiter: "\n" });
      expect(header?.join()).toBe(csvHeader().trimEnd());
      expect(read).toEqual(
        rows.map((row) => [
          ...[row.clientId, row.userId, row.yclid, row.purchaseId, row.target, String(row.dateTime)],
          ...(row.price === null ? ["", ""] : [row.price, row.currency]),
        ]),
      );
    }),
  );
});
