import { benchBackup } from "./backup.ts";
import { benchDrain } from "./drain.ts";
import { benchIntake } from "./intake.ts";
import { benchIntakeFull } from "./intake-full.ts";
import { benchIntakeMixed } from "./intake-mixed.ts";
import { benchIntakePostgres } from "./intake-postgres.ts";
import { shapes } from "./measure.ts";
import { benchPlanner } from "./planner.ts";
import { benchPostgresFull } from "./postgres-full.ts";
import { benchScaleOut } from "./scale-out.ts";
import { benchScoringQuality } from "./scoring-quality.ts";
import { benchStart } from "./start-up.ts";
import { benchUpload } from "./upload.ts";

/** A benchmark: what it measures, in a line, and how it is run. */
interface Benchmark {
  readonly about: string;
  readonly run: () => Promise<void>;
}

/** Each benchmark is one command: `bun run bench NAME`. Figures are printed, never asserted. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  "intake-small": {
    about: "one conversion a request, against the ceiling and against Fastify under Node",
    run: () => benchIntake(shapes.small),
  },
  "intake-large": { about: "1000 conversions a request, against the same", run: () => benchIntake(shapes.large) },
  "intake-full": {
    about:
      "both with ten million conversions stored (BENCH_STORED), repeats, ten thousand webhooks; takes some twenty minutes",
    run: benchIntakeFull,
  },
  "intake-mixed": {
    about: "what single posts wait for beside a sender of a hundred thousand at once",
    run: benchIntakeMixed,
  },
  "intake-postgres": {
    about: "posts of one and of a thousand conversions on PostgreSQL, against bare inserts (BENCH_ROUNDS)",
    run: benchIntakePostgres,
  },
  "postgres-full": {
    about: "intake, reads and purge on PostgreSQL with ten million conversions stored (BENCH_STORED), against none",
    run: benchPostgresFull,
  },
  upload: { about: "a file of a million rows to the simulator, against a bare script", run: benchUpload },
  drain: {
    about: "a million conversions posted until Metrika has settled the last (BENCH_ROWS), and what it then counts",
    run: benchDrain,
  },
  backup: {
    about: "what single posts wait for while a backup of a million conversions is made (BENCH_STORED)",
    run: benchBackup,
  },
  planner: {
    about:
      "a million rows of ten thousand counters planned on PostgreSQL (BENCH_ROWS), and what four workers then cost idle",
    run: benchPlanner,
  },
  "scale-out": {
    about: "one, two and four gateways on one PostgreSQL (BENCH_ROWS): what they take and deliver together",
    run: benchScaleOut,
  },
  "scoring-quality": {
    about: "how well scoring learns to tell sessions with a purchase, on public data (BENCH_DATA; --predictions FILE)",
    run: benchScoringQuality,
  },
  start: { about: "from the start of the process to its first answer, and its memory when idle", run: benchStart },
};

const [name = ""] = process.argv.slice(2);
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (benchmark === undefined) {
  console.error("Which benchmark? bun run bench NAME, where NAME is one of");
  for (const [known, { about }] of Object.entries(benchmarks)) console.error(`  ${known.padEnd(15)} ${about}`);
  process.exit(1);
}
await benchmark.run();
process.exit(0);
