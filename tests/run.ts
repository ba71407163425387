import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { POSTGRES_WANTED, postgresPrograms, startPostgres } from "./setup/postgres.ts";

/** One step of the check; a failing one ends the run. */
interface Step {
  readonly title: string;
  readonly command: readonly string[];
}

const folder = await mkdtemp(`${tmpdir()}/gateway-tests-`);
const report = `${folder}/junit.xml`;
const bun = process.execPath;
const given = process.env.TEST_POSTGRES_URL;
const postgres = !given && postgresPrograms() !== null ? await startPostgres() : null;
const postgresUrl = postgres?.url("postgres") ?? given;
const env = { ...process.env, ...(postgresUrl && { TEST_POSTGRES_URL: postgresUrl }) };

const steps: readonly Step[] = [
  { title: "Types", command: [bun, "x", "tsc", "--noEmit"] },
  { title: "Lint and format", command: [bun, "x", "biome", "ci", "--colors=off"] },
  { title: "Unused code", command: [bun, "x", "knip", "--no-progress"] },
  { title: "OpenAPI document", command: [bun, "openapi/generate.ts", "--check"] },
  {
    title: "Tests",
    command: [
      bun,
      "test",
      "--timeout=20000",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...process.argv.slice(2),
    ],
  },
];

let failed = false;
for (const { title, command } of steps) {
  console.log(`\n== ${title}`);
  const started = performance.now();
  const { exitCode } = Bun.spawnSync([...command], { stdio: ["ignore", "inherit", "inherit"], env });
  console.log(
    `== ${title}: ${exitCode === 0 ? "ok" : "FAILED"} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (exitCode !== 0) {
    failed = true;
    break;
  }
}

const results = await Bun.file(report)
  .text()
  .catch(() => "");
const skippedIn = Map.groupBy(
  [...results.matchAll(/<testcase [^>]*file="([^"]*)"[^>]*[^/]>\s*<skipped/g)].map(([, file = ""]) => file),
  (file) => file,
);
if (skippedIn.size > 0) {
  console.log(`\nSkipped: ${[...skippedIn].map(([file, tests]) => `${tests.length} of ${file}`).join(", ")}`);
  if (!postgresUrl) console.log(`Nothing was tested on PostgreSQL. ${POSTGRES_WANTED}`);
}

// One plain line that any reader of a log can count by.
const suite = /<testsuites[^>]*>/.exec(results)?.[0] ?? "";
const count = (name: string) => Number(new RegExp(`${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
const [tests, failures, skipped] = [count("tests"), count("failures"), count("skipped")];
console.log(`\n${tests - failures - skipped} passed, ${failures} failed, ${skipped} skipped`);
await postgres?.stop();
await rm(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
