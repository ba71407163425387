import { expect, test } from "bun:test";
import { readReport } from "./junit.ts";
import { temporaryFolder } from "./process.ts";

const suite = `
  import { describe, expect, test } from "bun:test";
  test("passes", () => {});
  test("fails with <marks> & \\"quotes\\"", () => expect(1).toBe(2));
  describe("a part", () => {
    test.skip("is skipped", () => {});
    test("fails inside", () => expect(1).toBe(2));
  });`;

test("a report of bun test tells how many tests ended how, and names those that failed", async () => {
  await using folder = await temporaryFolder();
  await Bun.write(`${folder.path}/some.test.ts`, suite);
  const report = `${folder.path}/report.xml`;
  Bun.spawnSync([process.execPath, "test", "--reporter=junit", `--reporter-outfile=${report}`], { cwd: folder.path });
  expect(await readReport(report)).toEqual({
    passed: 1,
    failed: 2,
    skipped: 1,
    failures: ['some.test.ts: fails with <marks> & "quotes"', "some.test.ts: a part > fails inside"],
    skippedIn: ["some.test.ts"],
  });
});

test("a report that was never written tells of no test", async () => {
  expect(await readReport("/nowhere/report.xml")).toEqual({
    ...{ passed: 0, failed: 0, skipped: 0 },
    failures: [],
    skippedIn: [],
  });
});
