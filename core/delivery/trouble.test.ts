import { expect, test } from "bun:test";
import { noteTrouble } from "./trouble.ts";

test("a fault that repeats is told once a second for each cause", () => {
  const told: unknown[] = [];
  const clock = { now: 0 };
  const log = { info() {}, warn: (_: string, facts: unknown) => void told.push(facts) };
  const note = noteTrouble({ log, now: () => clock.now });
  for (clock.now = 0; clock.now < 2000; clock.now += 100) {
    note("round", new Error("disk full"));
    note("send", new Error("disk full"));
  }
  expect(told).toEqual([
    { step: "round", detail: "disk full" },
    { step: "send", detail: "disk full" },
    { step: "round", detail: "disk full" },
    { step: "send", detail: "disk full" },
  ]);
});

test("a clock that is set back silences nothing", () => {
  const told: unknown[] = [];
  const clock = { now: 3_600_000 };
  const log = { info() {}, warn: (_: string, facts: unknown) => void told.push(facts) };
  const note = noteTrouble({ log, now: () => clock.now });
  note("round", new Error("disk full"));
  clock.now = 0;
  note("round", new Error("disk full"));
  note("round", new Error("disk full"));
  expect(told).toHaveLength(2);
});

test("whatever was thrown can be told", () => {
  const told: unknown[] = [];
  const log = { info() {}, warn: (_: string, facts: unknown) => void told.push(facts) };
  noteTrouble({ log, now: () => 0 })("poll", "not an error");
  expect(told).toEqual([{ step: "poll", detail: "not an error" }]);
});
