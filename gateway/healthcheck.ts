import { parseArgs } from "node:util";
import { readConfig } from "./config.ts";
import { explainFailure } from "./operator-errors.ts";
import { localUrl } from "./serve.ts";

/** Less than what Docker and Caddy wait for an answer. */
const PATIENCE_MS = 3000;

/**
 * For containers, which have no other program to ask with: whether the gateway with these settings answers on this machine.
 * `/healthz` without an argument, `/readyz` with `--ready`. Exit code 0 when it does, else 1 and a line that says what came.
 */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ready: { type: "boolean" } }, strict: true });
  const url = `${localUrl(readConfig(process.env))}/${values.ready ? "readyz" : "healthz"}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch((error: Error) => error);
  if (answer instanceof Response && answer.ok) return 0;
  console.error(`${url}: ${answer instanceof Response ? answer.status : answer.message}`);
  return 1;
}

process.exit(
  await main(process.argv.slice(2)).catch((error) => {
    console.error(explainFailure(error));
    return 1;
  }),
);
