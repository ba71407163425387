import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { POSTGRES_WANTED, postgresPrograms, startPostgres } from "./setup/postgres.ts";

/** One step of the check; a failing one ends the run. */
interface Step {
  readonly title: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const folder = await mkdtemp(`${tmpdir()}/gateway-tests-`);
const reports = [`${folder}/tests.xml`, `${folder}/flows.xml`] as const;
const bun = process.execPath;
const given = process.env.TEST_POSTGRES_URL;
const postgres = !given && postgresPrograms() !== null ? await startPostgres() : null;
const postgresUrl = postgres?.url("postgres") ?? given;
const env = { ...process.env, ...(postgresUrl && { TEST_POSTGRES_URL: postgresUrl }) };

const only = process.argv.slice(2);
const testCommand = (report: string, paths: readonly string[]) => [
  ...[bun, "test", "--timeout=20000", "--reporter=junit", `--reporter-outfile=${report}`],
  ...paths,
];
/** Flows in which a database has no part of its own: what is read and refused, who may call, the demo, and a move, which begin on SQLite. */
const ofOneDatabase = [
  ...["access-matrix", "audit-coverage", "demo", "findings", "injection", "move", "raw-bodies", "request-limits"],
  "service-routes",
].map((name) => `tests/flows/${name}.test.ts`);
const flows = [...new Bun.Glob("tests/flows/*.test.ts").scanSync()].filter((path) => !ofOneDatabase.includes(path));
const steps: readonly Step[] = [
  { title: "Types", command: [bun, "x", "tsc", "--noEmit"] },
  { title: "Lint and format", command: [bun, "x", "biome", "ci", "--colors=off"] },
  { title: "Unused code", command: [bun, "x", "knip", "--no-progress"] },
  { title: "OpenAPI document", command: [bun, "openapi/generate.ts", "--check"] },
  { title: "Tests", command: testCommand(reports[0], only) },
  // What is asked over HTTP is answered alike, whichever database stands behind it.
  ...(postgresUrl && only.length === 0
    ? [
        {
          title: "Flows on PostgreSQL",
          command: testCommand(reports[1], flows.toSorted()),
          env: { TEST_STORE: "postgres" },
        },
      ]
    : []),
];

let failed = false;
for (const { title, command, env: more } of steps) {
  console.log(`\n== ${title}`);
  const started = performance.now();
  const { exitCode } = Bun.spawnSync([...command], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...env, ...more },
  });
  console.log(
    `== ${title}: ${exitCode === 0 ? "ok" : "FAILED"} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (exitCode !== 0) {
    failed = true;
    break;
  }
}

const read = async (report: string) => ((await Bun.file(report).exists()) ? await Bun.file(report).text() : "");
const results = await Promise.all(reports.map(read));
const skippedIn = Map.groupBy(
  [...results.join("\n").matchAll(/<testcase [^>]*file="([^"]*)"[^>]*[^/]>\s*<skipped/g)].map(([, file = ""]) => file),
  (file) => file,
);
if (skippedIn.size > 0) {
  console.log(`\nSkipped: ${[...skippedIn].map(([file, tests]) => `${tests.length} of ${file}`).join(", ")}`);
  if (!postgresUrl) console.log(`Nothing was tested on PostgreSQL. ${POSTGRES_WANTED}`);
}

// One plain line that any reader of a log can count by.
const suites = results.map((result) => /<testsuites[^>]*>/.exec(result)?.[0] ?? "");
const count = (name: string) =>
  suites.reduce((sum, suite) => sum + Number(new RegExp(`${name}="(\\d+)"`).exec(suite)?.[1] ?? 0), 0);
const [tests, failures, skipped] = [count("tests"), count("failures"), count("skipped")];
console.log(`\n${tests - failures - skipped} passed, ${failures} failed, ${skipped} skipped`);
await postgres?.stop();
await rm(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
