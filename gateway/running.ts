import { readFile, rm, writeFile } from "node:fs/promises";
import * as v from "valibot";
import type { Config } from "./config.ts";

/** How the operator's commands find a gateway that runs on the same data folder, and prove themselves to it. */
export interface RunningGateway {
  readonly pid: number;
  readonly url: string;
  readonly operatorToken: string;
}

const Shape = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ pid: v.number(), url: v.string(), operatorToken: v.string() }),
);

const pathOf = (config: Config) => `${config.dataFolder}/running.json`;

/** Whoever may read the data folder is the operator: the file is readable by its owner only. */
export async function announce(config: Config, running: RunningGateway): Promise<() => Promise<void>> {
  await writeFile(pathOf(config), JSON.stringify(running), { mode: 0o600 });
  return () => rm(pathOf(config), { force: true });
}

/** The gateway that runs on this data folder, or null. The file of a process that died, however it did, is not believed. */
export async function findRunning(config: Config): Promise<RunningGateway | null> {
  const text = await readFile(pathOf(config), "utf8").catch(() => "");
  const running = v.safeParse(Shape, text);
  if (!running.success) return null;
  const alive = await fetch(`${running.output.url}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.ok,
    () => false,
  );
  return alive ? running.output : null;
}
