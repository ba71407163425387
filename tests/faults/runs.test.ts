import { expect, setDefaultTimeout, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import {
  type Environment,
  type GatewayProcess,
  hurried,
  serveSimulator,
  startGateway,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { uploadsByState } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(120_000);

const COMMAND = [process.execPath, `${import.meta.dir}/../setup/polling-gateway.ts`];
const PATIENCE_MS = 60_000;
const visitors = Array.from({ length: 20 }, (_, n) => `polled-${n}`);
const soldAt = Math.floor(Date.now() / 1000) - 3600;
const SALES = JSON.stringify({ visitors, soldAt });
const sales = visitors.map((user_id) => ({ user_id, target: "purchase", date_time: soldAt }));

interface Told {
  readonly run_id: string;
  readonly source_id: string;
  readonly state: string;
  readonly accepted: number;
  readonly duplicates: number;
  readonly attempts: number;
  readonly progress: { readonly done: number };
}

async function ask<Answer = Told>(
  gateway: GatewayProcess,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${gateway.operatorToken}`, "content-type": "application/json" };
  const answer = await fetch(`${gateway.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

async function createSource(gateway: GatewayProcess): Promise<string> {
  const body = { plugin: "polling", name: "Shop", counter_id: demo.counterId, token: demo.token, config: {} };
  return `/v1/sources/${(await ask(gateway, "POST", "/v1/sources", { ...body, schedule: "0 0 1 1 *" })).source_id}`;
}

const newest = async (gateway: GatewayProcess, source: string): Promise<Told | null> =>
  (await ask<{ data: readonly Told[] }>(gateway, "GET", `${source}/runs`)).data[0] ?? null;

const halfDone = (gateway: GatewayProcess, source: string) =>
  until(
    "the run is half done",
    async () => ((await newest(gateway, source))?.progress.done ?? 0) >= visitors.length / 2 || null,
    PATIENCE_MS,
  );

const ended = (gateway: GatewayProcess, source: string) =>
  until(
    "the run has ended and its sales are settled",
    async () => {
      const run = await newest(gateway, source);
      const { completed = 0, ...open } = await uploadsByState(gateway);
      return run?.state === "succeeded" && completed > 0 && Object.keys(open).length === 0 ? run : null;
    },
    PATIENCE_MS,
  );

test("a run that kill -9 interrupts goes on where it was, and each sale is counted once", async () => {
  await using folder = await temporaryFolder();
  await using metrika = await serveSimulator();
  const env: Environment = { ...hurried(metrika.url), SALES };
  let source = "";
  {
    await using gateway = await startGateway(folder, env, COMMAND);
    source = await createSource(gateway);
    await ask(gateway, "POST", `${source}/runs`);
    await halfDone(gateway, source);
    process.kill(gateway.pid, "SIGKILL");
  }
  await using heir = await startGateway(folder, env, COMMAND);
  expect(await ended(heir, source)).toMatchObject({ attempts: 2, accepted: visitors.length, duplicates: 0 });
  expect(differenceOf(metrika.simulator, sales)).toEqual(whole);
});

describePostgres("runs of several gateways", (server) => {
  test("of three gateways one does what is due, and another takes over when it dies", async () => {
    await using cluster = await startCluster(server(), { env: { SALES } });
    await using own = new AsyncDisposableStack();
    const start = async () => {
      const folder = own.use(await temporaryFolder());
      const settings = { ...cluster.settings, DATA_FOLDER: `${folder.path}/data` };
      return own.use(await startGateway({ ...folder, settings }, {}, COMMAND));
    };
    const members = [await start(), await start(), await start()];
    const [first] = members;
    if (!first) throw new Error("No gateway was started.");
    const source = await createSource(first);
    await cluster.sql("update sources set next_run_at = 1000 where next_run_at is not null");
    await halfDone(first, source);
    // The one at work is probably among the two that die; where it is not, nothing may change by it.
    for (const member of members.slice(0, 2)) process.kill(member.pid, "SIGKILL");
    const last = members[2];
    if (!last) throw new Error("The third gateway is gone.");
    expect(await ended(last, source)).toMatchObject({ accepted: visitors.length, duplicates: 0 });
    expect(await cluster.sql("select 1 from runs")).toHaveLength(1);
    expect(differenceOf(cluster.simulator, sales)).toEqual(whole);
  });
});
