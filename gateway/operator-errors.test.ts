import { expect, test } from "bun:test";
import { DatabaseInUseError } from "../core/store/database-errors.ts";
import { readConfig } from "./config.ts";
import { explainFailure } from "./operator-errors.ts";

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
};

test("what the operator can mend is told in a sentence, without a stack", () => {
  expect(explainFailure(new DatabaseInUseError("Stop the other gateway first."))).toBe("Stop the other gateway first.");
  expect(explainFailure(thrownBy(() => readConfig({ PORT: "x" })))).toStartWith(
    "The configuration has a fault:\n  PORT",
  );
});

test("a fault of the program keeps the place where it arose, whatever its kind", () => {
  for (const fault of [new Error("broken"), new RangeError("broken"), new SyntaxError("broken")])
    expect(explainFailure(fault)).toContain("operator-errors.test.ts");
});
