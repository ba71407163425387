import packageJson from "../package.json" with { type: "json" };

/**
 * The programs of the one executable, each with what it does. A program reads the words after its name, as if it had been
 * started alone; it is loaded on use, so that a production start reads neither the demo nor the simulator.
 */
const programs: Readonly<Record<string, readonly [meaning: string, start: () => Promise<unknown>]>> = {
  start: ["Take conversions and deliver them; settings are environment variables", () => import("./main.ts")],
  cli: ["Operator's commands: cli --help lists them", () => import("./cli/main.ts")],
  demo: ["The whole way with a simulated Metrika: demo --help", () => import("./demo.ts")],
  healthcheck: [
    "Ask the gateway of this machine whether it lives (with --ready: whether it takes conversions)",
    () => import("./healthcheck.ts"),
  ],
};

const usage = `metrika-gateway ${packageJson.version}

Usage: metrika-gateway COMMAND

${Object.entries(programs)
  .map(([name, [meaning]]) => `  ${name.padEnd(12)} ${meaning}`)
  .join("\n")}

Documentation of a running gateway: /docs`;

const [name = ""] = process.argv.slice(2);

if (Object.hasOwn(programs, name)) {
  process.argv.splice(2, 1);
  await programs[name]?.[1]();
} else if (name === "--version" || name === "-V") {
  console.log(packageJson.version);
} else if (name === "--help" || name === "-h") {
  console.log(usage);
} else {
  console.error(name === "" ? usage : `There is no command ${JSON.stringify(name)}.\n\n${usage}`);
  process.exit(2);
}
