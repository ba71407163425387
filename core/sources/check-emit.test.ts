import { expect, test } from "bun:test";
import { ProblemError } from "../plugin/problem.ts";
import { checkEmit } from "./check-emit.ts";
import { defaultOptions } from "./default-options.ts";

const source = { counterId: 100, options: { ...defaultOptions, counters: [101] } };
const facts = [{}, {}];

test("a key for each fact, or null, is taken", () => {
  expect(() => checkEmit(source, facts, { keys: ["deal:1", null] })).not.toThrow();
  expect(() => checkEmit(source, facts, {})).not.toThrow();
});

test("keys or contacts for more or fewer facts than there are are a plugin's mistake", () => {
  expect(() => checkEmit(source, facts, { keys: ["deal:1"] })).toThrow("emit: keys has 1 entries for 2 facts");
  const contacts = [null, null, { phones: [], emails: [] }];
  expect(() => checkEmit(source, facts, { contacts })).toThrow("emit: contacts has 3 entries for 2 facts");
});

test("an empty key is named by its place", () => {
  expect(() => checkEmit(source, facts, { keys: ["a", ""] })).toThrow("keys[1] is empty");
});

test("a source sends to its own counter and to those that its options allow", () => {
  expect(() => checkEmit(source, facts, { counterId: 100 })).not.toThrow();
  expect(() => checkEmit(source, facts, { counterId: 101 })).not.toThrow();
});

test("another counter is refused by name, with those that are allowed", () => {
  const refused = new ProblemError("counter_not_allowed", { counter_id: 102, allowed: "100, 101" });
  expect(() => checkEmit(source, facts, { counterId: 102 })).toThrow(refused);
});
