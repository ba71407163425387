import { newConversions, toBody } from "../conversions.ts";
import { runLoad } from "../load.ts";
import type { SenderTask } from "./start-sender.ts";

/** A sender in a process of its own: writing large bodies must not hold up a neighbour whose latency is measured. */
const task = JSON.parse(process.argv[2] ?? "") as SenderTask;
const { port, sender, connections, rowsPerRequest } = task;
const rows = newConversions(task.fromSecond, task.firstNumber);
let left = task.requests ?? Number.POSITIVE_INFINITY;
console.log("READY");
const seconds = task.seconds === undefined ? {} : { seconds: task.seconds };
const next = () => (left-- > 0 ? { sender, body: toBody(rows(rowsPerRequest)) } : null);
const result = await runLoad({ port, connections, next, ...seconds });
console.log(`RESULT ${JSON.stringify(result)}`);
process.exit(0);
