import type { LoadResult, Sender } from "../load.ts";
import { root, startProcess } from "./process.ts";

/** What a sender of new conversions is to do. */
export interface SenderTask {
  readonly port: number;
  readonly sender: Sender;
  readonly connections: number;
  readonly rowsPerRequest: number;
  readonly fromSecond: number;
  readonly firstNumber: number;
  /** Which of the two ends it. */
  readonly seconds?: number;
  readonly requests?: number;
}

/** Starts a sender in a process of its own; what is given back resolves when it has sent everything. */
export async function startSender(task: SenderTask): Promise<{ readonly result: Promise<LoadResult> }> {
  const command = [process.execPath, `${root}/tests/bench/servers/sender.ts`, JSON.stringify(task)];
  const { ended, said } = await startProcess(command, {}, /READY()/);
  const result = ended.then(() => {
    const told = /RESULT (.*)/.exec(said())?.[1];
    if (told === undefined) throw new Error(`The sender failed:\n${said()}`);
    return JSON.parse(told) as LoadResult;
  });
  return { result };
}
