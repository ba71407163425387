import { expect, test } from "bun:test";
import { MOST_UNKNOWN_FIELDS, similarIdentifiers, warnOfUnknownFields } from "./field-names.ts";
import { Report } from "./report.ts";

function warningsOf(row: object) {
  const report = new Report();
  warnOfUnknownFields(row, report);
  return report.warnings;
}

test.each([
  ["clientId", "client_id"],
  ["ClientID", "client_id"],
  ["client id", "client_id"],
  ["ym_uid", "client_id"],
  ["_ym_uid", "client_id"],
  ["clid", "yclid"],
  ["UserId", "user_id"],
  ["purchaceid", "purchase_id"],
  ["tagret", "target"],
  ["DateTime", "date_time"],
  ["datetime", "date_time"],
  ["Curency", "currency"],
])("the field %s is taken for a misspelt %s", (key, nearest) => {
  expect(warningsOf({ [key]: 1 })).toEqual([
    { code: "unknown_field", field: key, params: { mend: "field_similar", nearest } },
  ]);
});

test.each(["comment", "x", "manager", "статус", "k".repeat(41)])("the field %s resembles none", (key) => {
  expect(warningsOf({ [key]: 1 })[0]?.params).toMatchObject({ mend: "field_ignored" });
});

test("known fields are not warned about", () => {
  const row = { client_id: 1, user_id: 1, yclid: 1, purchase_id: 1, target: 1, date_time: 1, price: 1, currency: 1 };
  expect(warningsOf(row)).toEqual([]);
});

test("__proto__ and constructor are unknown fields like others", () => {
  const row = JSON.parse('{"__proto__": {"client_id": 1}, "constructor": 2, "toString": 3}');
  expect(warningsOf(row).map((warning) => warning.field)).toEqual(["__proto__", "constructor", "toString"]);
});

test("a row with very many unknown fields gets a bounded number of warnings", () => {
  const row = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, index]));
  expect(warningsOf(row)).toHaveLength(MOST_UNKNOWN_FIELDS);
});

test("the identifiers that a row seems to have under other names are listed", () => {
  expect(similarIdentifiers({ clientId: 1, ym_uid: 2, comment: 3, yclid: 4 })).toBe(
    "clientId → client_id, ym_uid → client_id",
  );
  expect(similarIdentifiers({ comment: 1 })).toBe("");
});
