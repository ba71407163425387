import { expect, test } from "bun:test";
import { parseExactJson } from "../../conversion/exact-json.ts";
import { asList, asRecord, asText } from "./loose.ts";

test("a value is read as text with every digit that was sent", () => {
  const sent = parseExactJson('[1770146617335078468, 100.50, 0.1000000000000000055, "  x ", true, 7]');
  expect(asList(sent).map(asText)).toEqual(["1770146617335078468", "100.5", "0.1000000000000000055", "x", "true", "7"]);
});

test("a list where a value was meant gives its first value, and nothing gives null", () => {
  expect(asText(["", "3", "4"])).toBe("3");
  expect(asText(["3", { uuid: "x" }])).toBe("3");
  expect([null, undefined, "", "  ", {}, []].map(asText)).toEqual([null, null, null, null, null, null]);
});

test("an object where a list was meant gives its values", () => {
  expect(asList({ 9982719: { ID: "9982719" }, 9982767: { ID: "9982767" } })).toEqual([
    { ID: "9982719" },
    { ID: "9982767" },
  ]);
  expect(asList(["a"])).toEqual(["a"]);
  expect([null, "a", 1, undefined].map(asList)).toEqual([[], [], [], []]);
});

test("anything but an object is an empty one, and of a mixed list the object counts", () => {
  expect(asRecord(["3", { uuid: "x" }])).toEqual({ uuid: "x" });
  expect([null, "a", [], 1].map(asRecord)).toEqual([{}, {}, {}, {}]);
});
