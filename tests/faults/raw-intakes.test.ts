import { expect, setDefaultTimeout, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import {
  type GatewayProcess,
  hurried,
  serveSimulator,
  startGateway,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { saleOf, uploadsByState } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(90_000);

const DEATHS = 3;
const REQUESTS = 60;
const PATIENCE_MS = 40_000;

const config = {
  mapping: {
    by: "expression",
    expression: `{"user_id": body.user_id, "target": body.target, "date_time": body.date_time, "price": body.price, "key": body.user_id}`,
  },
};

interface Sender {
  readonly id: string;
  readonly secret: string;
}

const authorized = ({ operatorToken }: GatewayProcess) => ({ authorization: `Bearer ${operatorToken}` });

async function createSource(gateway: GatewayProcess): Promise<Sender> {
  const body = { plugin: "custom-webhook", name: "CRM", counter_id: demo.counterId, token: demo.token, config };
  const headers = authorized(gateway);
  const answer = await fetch(`${gateway.url}/v1/sources`, { method: "POST", headers, body: JSON.stringify(body) });
  const { source_id, secret } = (await answer.json()) as { source_id: string; secret: string };
  return { id: source_id, secret };
}

/** Whether the request was acknowledged; a dead gateway acknowledges nothing. */
async function send({ url }: GatewayProcess, { id, secret }: Sender, fact: object): Promise<boolean> {
  const headers = { "x-webhook-secret": secret, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(fact) };
  return fetch(`${url}/sources/custom-webhook/${id}`, init).then(
    ({ status }) => status === 200,
    () => false,
  );
}

test("requests that were acknowledged before kill -9 are handled afterwards, each counted once", async () => {
  await using folder = await temporaryFolder();
  await using metrika = await serveSimulator();
  const env = { ...hurried(metrika.url), POLL_INTERVAL_SECONDS: "0.2" };
  const acknowledged: object[] = [];
  const perhaps: object[] = [];
  let source: Sender | null = null;
  for (let death = 0; death < DEATHS; death++) {
    await using gateway = await startGateway(folder, env);
    const sender: Sender = source ?? (await createSource(gateway));
    source = sender;
    const facts = Array.from({ length: REQUESTS }, (_, n) => saleOf(`visitor-${death}-${n}`));
    const sending = facts.map(async (fact, n) => {
      await Bun.sleep(n * 5);
      ((await send(gateway, sender, fact)) ? acknowledged : perhaps).push(fact);
    });
    // While some are kept, some handled, and some on their way.
    await until("half of them are acknowledged", () => acknowledged.length >= (death + 0.5) * (REQUESTS / 2) || null);
    process.kill(gateway.pid, "SIGKILL");
    await Promise.all(sending);
  }
  await using heir = await startGateway(folder, env);
  const headers = authorized(heir);
  await until(
    "everything is handled and settled",
    async () => {
      const answer = await fetch(`${heir.url}/v1/sources/${source?.id}/raw-intakes?limit=1`, { headers });
      const { counts } = (await answer.json()) as { counts: Readonly<Record<string, number>> };
      const { completed = 0, ...open } = await uploadsByState(heir);
      return counts.waiting === 0 && completed > 0 && Object.keys(open).length === 0 ? true : null;
    },
    PATIENCE_MS,
  );
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(differenceOf(metrika.simulator, acknowledged, perhaps)).toEqual(whole);
});
