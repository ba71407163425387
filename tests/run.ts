import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { readReport } from "./setup/junit.ts";
import { type Lane, lineOf, runLanes, type Step } from "./setup/lanes.ts";
import { POSTGRES_WANTED, postgresPrograms } from "./setup/postgres.ts";

const folder = await mkdtemp(`${tmpdir()}/gateway-tests-`);
const bun = process.execPath;
const only = process.argv.slice(2);
const hasPostgres = Boolean(process.env.TEST_POSTGRES_URL) || postgresPrograms() !== null;

const filesIn = (path: string) => [...new Bun.Glob(`${path}/*.test.ts`).scanSync()].toSorted();
/** What "Tests" leaves to others. */
const elsewhere = ["contract", "properties", "faults", "browser"].map(
  (name) => `--path-ignore-patterns=tests/${name}/**`,
);

/** Flows in which a database has no part of its own: what is read and refused, who may call, the demo, and a move, which begin on SQLite. */
const ofOneDatabase = [
  ...["access-matrix", "audit-coverage", "demo", "findings", "injection", "move", "raw-bodies", "request-limits"],
  "service-routes",
].map((name) => `tests/flows/${name}.test.ts`);
const flows = filesIn("tests/flows").filter((path) => !ofOneDatabase.includes(path));

const reportOf = (title: string) => `${folder}/${title}.xml`;
/** Tests that one `bun test` runs, which starts a PostgreSQL of its own unless TEST_POSTGRES_URL names one for all. */
function testsOf(title: string, words: readonly string[], env: Step["env"] = {}): Step {
  const reporter = ["--reporter=junit", `--reporter-outfile=${reportOf(title)}`];
  // Far longer than a test takes: on a machine that has other work, a minute is not yet a fault.
  return { title, command: [bun, "test", "--timeout=60000", ...reporter, ...words], env };
}

const checks: Lane = [
  { title: "Types", command: [bun, "x", "tsc", "--noEmit"] },
  { title: "Lint and format", command: [bun, "x", "biome", "ci", "--colors=off"] },
  { title: "Unused code", command: [bun, "x", "knip", "--no-progress"] },
  { title: "OpenAPI document", command: [bun, "openapi/generate.ts", "--check"] },
];
/** Of about equal length, and no more of them: PostgreSQL that does not answer for three seconds counts as lost. */
const everything: readonly Lane[] = [
  [...checks, testsOf("Tests", elsewhere)],
  [
    // What is asked over HTTP is answered alike, whichever database stands behind it.
    ...(hasPostgres ? [testsOf("Flows on PostgreSQL", flows, { TEST_STORE: "postgres" })] : []),
    testsOf("Contracts and properties", ["tests/contract/", "tests/properties/"]),
  ],
  [testsOf("Faults", ["tests/faults/"])],
  ...(filesIn("tests/browser").length > 0 ? [[testsOf("Browser", ["tests/browser/"])]] : []),
];
const lanes = only.length === 0 ? everything : [checks, [testsOf("Tests", only)]];

const stopping = new AbortController();
const stop = () => stopping.abort();
process.once("SIGINT", stop).once("SIGTERM", stop);
const told = lanes.map((lane) => lane.map(({ title }) => title).join(", "));
console.log(`Beside one another: ${told.join("; ")}. What each prints follows when it has ended.`);
const titles = lanes.flatMap((lane) => lane.filter((step) => !checks.includes(step)).map(({ title }) => title));
const started = performance.now();
const outcomes = await runLanes(lanes, { folder, print: console.log, signal: stopping.signal });
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
