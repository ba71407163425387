import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Lane, lineOf, runLanes } from "./lanes.ts";
import { type TemporaryFolder, temporaryFolder, until } from "./process.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const laneOf = (...scripts: readonly string[]): Lane =>
  scripts.map((script) => ({ title: script, command: ["sh", "-c", script], env: { FOLDER: folder.path } }));

async function run(lanes: readonly Lane[], stopping = new AbortController()) {
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  const outcomes = await runLanes(lanes, { folder: folder.path, print, signal: stopping.signal });
  return { printed, ended: outcomes.map(({ title, isGood }) => [title, isGood]) };
}

test("a step that fails hides neither the rest of its lane nor the other lanes", async () => {
  const { ended } = await run([laneOf("false", "true"), laneOf("exit 3"), laneOf("echo well")]);
  expect(ended).toEqual([
    ["false", false],
    ["true", true],
    ["exit 3", false],
    ["echo well", true],
  ]);
});

test("lanes run beside one another, and what each prints stays in one piece", async () => {
  const waits = (name: string, other: string) =>
    `echo ${name} begins; touch $FOLDER/${name}; until [ -e $FOLDER/${other} ]; do sleep 0.01; done; echo ${name} ends >&2`;
  const { printed } = await run([laneOf(waits("a", "b")), laneOf(waits("b", "a"))]);
  const pieces = printed.map((text) => text.split("\n").slice(2, 4));
  expect(pieces.toSorted()).toEqual([
    ["a begins", "a ends"],
    ["b begins", "b ends"],
  ]);
});

test("whoever stops the run ends what is running, and nothing more begins", async () => {
  const stopping = new AbortController();
  const running = run([laneOf("touch $FOLDER/running; exec sleep 60", "true")], stopping);
  await until("it runs", () => existsSync(`${folder.path}/running`));
  stopping.abort();
  expect((await running).ended).toEqual([["touch $FOLDER/running; exec sleep 60", false]]);
});

test("how a step ended is told in a line", () => {
  expect(lineOf({ title: "Tests", isGood: false, seconds: 61.24 })).toBe("== Tests: FAILED (61.2 s)");
  expect(lineOf({ title: "Types", isGood: true, seconds: 3 })).toBe("== Types: ok (3.0 s)");
});
