import { demoVisitors } from "../../core/metrika/simulator/demo-data.ts";
import { specificationExample } from "../../plugins/webhook-offline/examples.ts";
import type { Narrator } from "./narrator.ts";
import type { Rig } from "./rig.ts";
import type { Outcome } from "./story.ts";
import type { Terminal } from "./terminal.ts";

/** Commands with the ids and secrets of this run, each on a line of its own, ready to paste; and where to look. */
export function showHints(
  terminal: Terminal,
  { say }: Narrator,
  { url, simulatorUrl }: Rig,
  outcome: Outcome,
  now: number,
): void {
  const { apiKey, webhook, salesBatch } = outcome;
  const secret = `-H 'X-Webhook-Secret: ${webhook.secret}'`;
  const post = (body: object) =>
    `curl -sw '\\n' ${webhook.url} ${secret} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  const commands = [
    [say("try_sale"), post(newSale(now))],
    [say("try_example"), post(specificationExample)],
    [say("try_status"), `curl -sw '\\n' '${webhook.url}/status?batch_id=${salesBatch}' ${secret}`],
    [say("try_rows"), `curl -sw '\\n' ${url}/v1/batches/${salesBatch}/rows -H 'Authorization: Bearer ${apiKey}'`],
  ] as const;

  terminal.heading(say("try_it"));
  for (const [why, command] of commands) {
    terminal.line();
    terminal.line(`# ${why}`, "faint");
    terminal.line(command);
  }
  terminal.line();
  terminal.fields([
    [say("docs"), `${url}/docs`],
    [say("openapi"), `${url}/openapi.json`],
    [say("ledger"), `${simulatorUrl}/_simulator/ledger`],
  ]);
  terminal.line();
  terminal.line(say("local_only"), "faint");
  terminal.line(say("stop"), "strong");
}

/** A sale of a minute ago by a visitor whom the simulator knows. */
function newSale(now: number): object {
  const [visitor] = demoVisitors;
  const date_time = `${new Date(now - 60_000).toISOString().slice(0, 19)}Z`;
  const sale = { client_id: visitor?.clientId, target: "purchase", date_time, price: 1990, currency: "RUB" };
  return { conversions: [sale] };
}
