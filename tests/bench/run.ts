import { benchIntake } from "./intake.ts";

/** Each benchmark is one command: `bun run bench NAME`. Figures are printed, never asserted. */
const benchmarks = {
  "intake-small": () => benchIntake({ rowsPerRequest: 1, connections: 64, seconds: 6, rounds: 3 }),
  "intake-large": () => benchIntake({ rowsPerRequest: 1000, connections: 16, seconds: 6, rounds: 3 }),
} as const;

const [name] = process.argv.slice(2);
if (name === undefined || !Object.hasOwn(benchmarks, name)) {
  console.error(`Which benchmark? ${Object.keys(benchmarks).join(", ")}`);
  process.exit(1);
}
await benchmarks[name as keyof typeof benchmarks]();
