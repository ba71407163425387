import { expect, test } from "bun:test";
import fc from "fast-check";
import { afterAbsence, afterUnreadableList } from "./read-back.ts";
import { defaultRules } from "./rules.ts";
import { exampleUpload, NOW } from "./upload-examples.ts";

const lost = exampleUpload({ state: "uncertain", requestEndedAt: NOW });
const MINUTE = 60_000;

/** Reads the list whenever it is due and never finds the file; returns the minutes of the readings and what came then. */
function neverFound(rules = defaultRules) {
  const readings: number[] = [];
  let upload = lost;
  for (let now = NOW + 15_000; readings.length < 50; ) {
    readings.push((now - NOW) / MINUTE);
    const { to, facts } = afterAbsence(upload, now, rules);
    if (to === "planned") return { readings, facts };
    upload = { ...upload, ...facts };
    now = upload.nextAttemptAt;
  }
  throw new Error("The file was looked up for ever.");
}

test("a file whose answer was lost is looked up after 15 s, 1, 5, 15 and 30 min before it is sent again", () => {
  const { readings, facts } = neverFound();
  expect(readings).toEqual([0.25, 1, 5, 15, 30]);
  expect(facts).toMatchObject({ completeLists: 5, requestEndedAt: null, nextAttemptAt: NOW + 30 * MINUTE });
});

test("readings that failed do not count: three complete ones are needed, however late", () => {
  const late = NOW + 40 * MINUTE;
  expect(afterAbsence(lost, late, defaultRules)).toEqual({
    ...{ to: "uncertain", facts: { completeLists: 1, nextAttemptAt: late + 15_000 } },
  });
  expect(afterAbsence({ ...lost, completeLists: 1 }, late, defaultRules).to).toBe("uncertain");
  expect(afterAbsence({ ...lost, completeLists: 2 }, late, defaultRules).to).toBe("planned");
});

test("where a person is to decide, a file that Metrika does not list is held and looked for every hour", () => {
  const held = { ...lost, uncertainPolicy: "hold", completeLists: 4 } as const;
  const at = NOW + 30 * MINUTE;
  expect(afterAbsence(held, at, defaultRules)).toEqual({
    to: "uncertain",
    facts: { completeLists: 5, errorCode: "held_for_person", nextAttemptAt: at + 60 * MINUTE },
  });
  expect(afterAbsence(held, at - 1, defaultRules).facts.errorCode).toBeUndefined();
  expect(afterAbsence({ ...held, completeLists: 1 }, at, defaultRules).facts.errorCode).toBeUndefined();
});

test("a list that has been unreadable for a day needs a person; what a person already holds stays held", () => {
  const [day, next] = [24 * 60 * MINUTE, NOW + 25 * 60 * MINUTE];
  expect(afterUnreadableList(lost, NOW + day - 1, next)).toEqual({ nextAttemptAt: next });
  expect(afterUnreadableList(lost, NOW + day, next)).toEqual({ nextAttemptAt: next, errorCode: "list_unreadable" });
  const held = { ...lost, errorCode: "held_for_person" };
  expect(afterUnreadableList(held, NOW + day, next)).toEqual({ nextAttemptAt: next });
});

test("a list that can be read again is no longer called unreadable", () => {
  const unreadable = { ...lost, errorCode: "list_unreadable" };
  for (const [completeLists, now] of [
    [0, NOW + MINUTE],
    [0, NOW + 60 * MINUTE],
    [2, NOW + 60 * MINUTE],
  ] as const) {
    expect(afterAbsence({ ...unreadable, completeLists }, now, defaultRules).facts.errorCode).toBeNull();
    expect(afterAbsence({ ...lost, completeLists }, now, defaultRules).facts).not.toHaveProperty("errorCode");
  }
});

test("many early readings do not shorten the grace period", () => {
  const { to, facts } = afterAbsence({ ...lost, completeLists: 9 }, NOW + 29 * MINUTE, defaultRules);
  expect(to).toBe("uncertain");
  expect(facts.nextAttemptAt).toBe(NOW + 30 * MINUTE);
});

test("for every plan of readings, the file is sent again only after three of them and after the last instant named", () => {
  const plan = fc.uniqueArray(fc.integer({ min: 1000, max: 10_000_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(plan, (offsets) => {
      const readBackMs = offsets.toSorted((a, b) => a - b);
      const { readings } = neverFound({ ...defaultRules, readBackMs });
      expect(readings.length).toBeGreaterThanOrEqual(3);
      expect((readings.at(-1) ?? 0) * MINUTE).toBeGreaterThanOrEqual((readBackMs.at(-1) ?? 0) - 1e-6);
    }),
  );
});
