import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { readReport } from "./setup/junit.ts";
import { type Lane, lineOf, runLanes, type Step } from "./setup/lanes.ts";
import { POSTGRES_WANTED, postgresPrograms } from "./setup/postgres.ts";

/** Tests that one `bun test` runs; each lane starts a PostgreSQL of its own, unless TEST_POSTGRES_URL names one for all. */
interface TestLane {
  readonly title: string;
  /** What follows `bun test`: paths and options. */
  readonly words: readonly string[];
  readonly env?: Step["env"];
  readonly standsBack: boolean;
}

const folder = await mkdtemp(`${tmpdir()}/gateway-tests-`);
const bun = process.execPath;
const only = process.argv.slice(2);
const hasPostgres = Boolean(process.env.TEST_POSTGRES_URL) || postgresPrograms() !== null;

const filesIn = (path: string) => [...new Bun.Glob(`${path}/*.test.ts`).scanSync()].toSorted();
/** Folders whose tests have lanes of their own. */
const elsewhere = ["contract", "properties", "faults", "browser"].map((name) => `tests/${name}`);

/** Flows in which a database has no part of its own: what is read and refused, who may call, the demo, and a move, which begin on SQLite. */
const ofOneDatabase = [
  ...["access-matrix", "audit-coverage", "demo", "findings", "injection", "move", "raw-bodies", "request-limits"],
  "service-routes",
].map((name) => `tests/flows/${name}.test.ts`);
const flows = filesIn("tests/flows").filter((path) => !ofOneDatabase.includes(path));

const everything: readonly TestLane[] = [
  { title: "Tests", words: elsewhere.map((path) => `--path-ignore-patterns=${path}/**`), standsBack: true },
  { title: "Contracts and properties", words: ["tests/contract/", "tests/properties/"], standsBack: true },
  // Mostly waits: for claims to end, for processes to start. What comes too late there is a fault.
  { title: "Faults", words: ["tests/faults/"], standsBack: false },
  // What is asked over HTTP is answered alike, whichever database stands behind it.
  ...(hasPostgres
    ? [{ title: "Flows on PostgreSQL", words: flows, env: { TEST_STORE: "postgres" }, standsBack: true }]
    : []),
  ...(filesIn("tests/browser").length > 0 ? [{ title: "Browser", words: ["tests/browser/"], standsBack: true }] : []),
];
const chosen = only.length === 0 ? everything : [{ title: "Tests", words: only, standsBack: false }];

const checks: Lane = {
  steps: [
    { title: "Types", command: [bun, "x", "tsc", "--noEmit"] },
    { title: "Lint and format", command: [bun, "x", "biome", "ci", "--colors=off"] },
    { title: "Unused code", command: [bun, "x", "knip", "--no-progress"] },
    { title: "OpenAPI document", command: [bun, "openapi/generate.ts", "--check"] },
  ],
  standsBack: true,
};

const reportOf = (title: string) => `${folder}/${title}.xml`;
const lanes = chosen.map(({ title, words, env, standsBack }): Lane => {
  const reporter = ["--reporter=junit", `--reporter-outfile=${reportOf(title)}`];
  const command = [bun, "test", "--timeout=60000", ...reporter, ...words];
  return { steps: [{ title, command, ...(env && { env }) }], standsBack };
});
const stopping = new AbortController();
const stop = () => stopping.abort();
process.once("SIGINT", stop).once("SIGTERM", stop);
const titles = chosen.map(({ title }) => title);
console.log(`Beside one another: checks, ${titles.join(", ")}. What each prints follows when it has ended.`);
const started = performance.now();
const outcomes = await runLanes([checks, ...lanes], { folder, print: console.log, signal: stopping.signal });
const seconds = (performance.now() - started) / 1000;

const reports = await Promise.all(titles.map((title) => readReport(reportOf(title))));
const skippedIn = Map.groupBy(
  reports.flatMap(({ skippedIn }) => skippedIn),
  (file) => file,
);
if (skippedIn.size > 0) {
  console.log(`\nSkipped: ${[...skippedIn].map(([file, tests]) => `${tests.length} of ${file}`).join(", ")}`);
  if (!hasPostgres) console.log(`Nothing was tested on PostgreSQL. ${POSTGRES_WANTED}`);
}
const failures = titles.flatMap((title, lane) => {
  const named = reports[lane]?.failures ?? [];
  if (named.length > 0 || outcomes.some((outcome) => outcome.title === title && outcome.isGood)) return named;
  return [`${title}: ended early, or with a file that could not be loaded; its output tells`];
});
if (failures.length > 0) console.log(`\nFailed:\n${failures.join("\n")}`);

console.log(`\n${outcomes.map(lineOf).join("\n")}\n== All: ${seconds.toFixed(1)} s`);
// One plain line that any reader of a log can count by.
const sum = (name: "passed" | "skipped") => reports.reduce((total, report) => total + report[name], 0);
console.log(`\n${sum("passed")} passed, ${failures.length} failed, ${sum("skipped")} skipped`);
await rm(folder, { recursive: true, force: true });
process.exit(outcomes.every(({ isGood }) => isGood) && !stopping.signal.aborted ? 0 : 1);
