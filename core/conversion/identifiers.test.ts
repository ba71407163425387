import { expect, test } from "bun:test";
import fc from "fast-check";
import { InexactNumber } from "./exact-json.ts";
import type { Finding } from "./findings.ts";
import { readClientId, readPurchaseId, readUserId, readYclid } from "./identifiers.ts";
import { Report } from "./report.ts";

function read(reader: (value: unknown, report: Report) => string, value: unknown) {
  const report = new Report();
  const identifier = reader(value, report);
  const [finding]: readonly Finding[] = report.faults ?? report.warnings;
  return { identifier, code: finding?.code, problem: finding?.params.problem, shown: finding?.params.value };
}

const userId = (value: unknown, report: Report) => readUserId(value, false, report);
const readers = [readClientId, readYclid, userId, readPurchaseId];

test.each([undefined, null, ""])("%j is an absent identifier in every field", (value) => {
  expect(readers.map((reader) => read(reader, value).identifier)).toEqual(["", "", "", ""]);
  expect(readers.map((reader) => read(reader, value).code)).toEqual([undefined, undefined, undefined, undefined]);
});

test("digits and whole JSON numbers are taken as they are in every field", () => {
  expect(readers.map((reader) => read(reader, "00133591247640966458").identifier)).toEqual(
    Array(4).fill("00133591247640966458"),
  );
  expect(readers.map((reader) => read(reader, Number.MAX_SAFE_INTEGER).identifier)).toEqual(
    Array(4).fill("9007199254740991"),
  );
});

test("a client_id with a dot is accepted unchanged, with a warning", () => {
  expect(read(readClientId, "1234567890.1234567890")).toMatchObject({
    identifier: "1234567890.1234567890",
    code: "client_id_google",
    shown: "1234567890.1234567890",
  });
});

test.each([
  ["1 234 567", "spaces_inside"],
  ["1\u00a0234\u00a0567", "no_break_space_inside"],
  ["1\u202f234\u202f567", "no_break_space_inside"],
  [" 1234567", "space_around"],
  ["1234567\u00a0", "no_break_space_around"],
  ["1.77E+18", "exponent"],
  ["1,77E+18", "exponent"],
  ["2e18", "exponent"],
  ["1,234,567", "digits_grouped"],
  ["1.234.567", "digits_grouped"],
  ["'1234567", "quote_around"],
  ["«1234567»", "quote_around"],
  ["GA1.2.123.456", "google_cookie"],
  ["ga1.1.1234567890.1234567890", "google_cookie"],
  ["abc", "client_id_digits"],
  ["-5", "client_id_digits"],
  ["123.", "client_id_digits"],
  ["١٢٣", "client_id_digits"],
  [1.5, "number_fraction"],
  [new InexactNumber("1234567890.1234567890"), "number_fraction"],
  [2 ** 53, "number_rounded"],
  [1e21, "number_rounded"],
  [-1, "number_negative"],
  [Number.NaN, "not_a_string"],
  [true, "not_a_string"],
  [["123"], "not_a_string"],
  [{ id: 1 }, "not_a_string"],
])("the client_id %j is refused, the reason is %s", (value, problem) => {
  expect(read(readClientId, value)).toMatchObject({ identifier: "", code: "client_id_format", problem });
});

test("a bigint is refused, since JSON has none", () => {
  expect(read(readClientId, 123n)).toMatchObject({ code: "client_id_format", problem: "not_a_string" });
});

test("a yclid is digits only: even a dot is refused", () => {
  expect(read(readYclid, "1234.5678")).toMatchObject({ code: "yclid_format", problem: "digits_grouped" });
  expect(read(readYclid, "yclid")).toMatchObject({ code: "yclid_format", problem: "yclid_digits" });
});

test.each([
  [" order 1", "space_around"],
  ["order 1\u00a0", "no_break_space_around"],
  ["12\u00a0345", "no_break_space_inside"],
  [1.5, "number_fraction"],
  [false, "not_a_string"],
])("the purchase_id and user_id %j are refused, the reason is %s", (value, problem) => {
  expect(read(readPurchaseId, value)).toMatchObject({ identifier: "", code: "identifier_format", problem });
  expect(read(userId, value)).toMatchObject({ identifier: "", code: "identifier_format", problem });
});

test.each(["Заказ 12", "order#12/3", 'a"b,c', "=1+1", "👨‍👩‍👧", "x".repeat(256)])(
  "the purchase_id %j is accepted unchanged",
  (value) => expect(read(readPurchaseId, value)).toMatchObject({ identifier: value, code: undefined }),
);

test.each([
  ["x".repeat(257), "too_long"],
  ["9".repeat(257), "too_long"],
  ["a\u0000b", "control_character"],
  ["1\n", "control_character"],
  ["12\u200b34", "control_character"],
  ["\ufeff1234", "control_character"],
  ["12\ud800", "not_unicode"],
])("%j is refused in every field as %s", (value, code) => {
  expect(readers.map((reader) => read(reader, value).code)).toEqual(Array(4).fill(code));
});

test("an e-mail address or a phone number is refused as user_id and shown masked", () => {
  expect(read(userId, "ivan@example.com")).toMatchObject({ code: "user_id_looks_personal", shown: "i…@example.com" });
  expect(read(userId, "+7 912 345-67-67")).toMatchObject({ code: "user_id_looks_personal", shown: "+7…67" });
  expect(read(userId, 79123456767)).toMatchObject({ code: "user_id_looks_personal", shown: "7…67" });
});

test("personal values stay masked whatever they are refused for", () => {
  expect(read(userId, " ivan@example.com").shown).toBe("i…@example.com");
  expect(read(readClientId, "+79123456767").shown).toBe("+7…67");
});

test("a source may allow personal values as user_id", () => {
  const allowing = (value: unknown, report: Report) => readUserId(value, true, report);
  expect(read(allowing, "ivan@example.com")).toMatchObject({ identifier: "ivan@example.com", code: undefined });
});

test("for every text an identifier is returned unchanged or refused, never altered", () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.stringMatching(/^[\d .,E+\u00a0-]{1,30}$/));
  fc.assert(
    fc.property(text, fc.constantFrom(...readers), (value, reader) => {
      const report = new Report();
      const identifier = reader(value, report);
      expect(identifier === value || (identifier === "" && report.faults?.length === 1)).toBe(true);
    }),
  );
});
