import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import {
  hurried,
  serveSimulator,
  startGateway,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import type { RawIntakeDeath } from "../setup/raw-intake-deaths.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

/** Shorter than a lease, which lasts a minute: whatever waits for a dead process's lease to run out is caught by it. */
const LESS_THAN_A_LEASE = 25_000;
const DYING = [process.execPath, `${import.meta.dir}/../setup/dying-handler.ts`];

const mapping = {
  by: "fields",
  fields: { user_id: "body.visitor", target: "body.goal", date_time: "body.at", price: "body.sum", key: "body.no" },
};
const order = {
  ...{ visitor: "buyer-1", goal: "purchase", sum: "1500", no: "A-1" },
  at: new Date(Date.now() - 3_600_000).toISOString(),
};

interface Script {
  readonly death: RawIntakeDeath;
  /** Of the raw intake that the dead process left. */
  readonly remains: { readonly state: string; readonly isClaimed: number; readonly conversions: number };
  /** Whether its sender was answered, and so need not repeat. */
  readonly isAnswered: boolean;
}

const scripts: readonly Script[] = [
  { death: "kept, not answered", remains: { state: "waiting", isClaimed: 0, conversions: 0 }, isAnswered: false },
  { death: "claimed", remains: { state: "waiting", isClaimed: 1, conversions: 0 }, isAnswered: true },
  { death: "facts on disk, not told", remains: { state: "waiting", isClaimed: 1, conversions: 1 }, isAnswered: true },
  { death: "settled", remains: { state: "taken", isClaimed: 0, conversions: 1 }, isAnswered: true },
];

function readFrom<Row>({ path }: TemporaryFolder, query: string): readonly Row[] {
  const database = new Database(`${path}/data/gateway.db`, { readonly: true });
  try {
    return database.query<Row, []>(query).all();
  } finally {
    database.close();
  }
}

const REMAINS = `select state, claim is not null as isClaimed, (select count(*) from conversions) as conversions from raw_intakes`;

for (const { death, remains, isAnswered } of scripts) {
  test.concurrent(`kill -9 at the point “${death}” loses no request and counts none twice`, async () => {
    await using folder = await temporaryFolder();
    await using metrika = await serveSimulator();
    const env = { ...hurried(metrika.url), POLL_INTERVAL_SECONDS: "0.2" };
    await using mortal = await startGateway(folder, { ...env, DIE_AT: death }, DYING);
    const made = await fetch(`${mortal.url}/v1/sources`, {
      ...{ method: "POST", headers: { authorization: `Bearer ${mortal.operatorToken}` } },
      body: JSON.stringify({
        ...{ plugin: "custom-webhook", name: "Shop", counter_id: demo.counterId, token: demo.token },
        config: { mapping },
      }),
    });
    const { source_id: id, secret } = (await made.json()) as { source_id: string; secret: string };
    const send = (url: string) =>
      fetch(`${url}/sources/custom-webhook/${id}`, {
        ...{ method: "POST", headers: { "x-webhook-secret": secret, "content-type": "application/json" } },
        body: JSON.stringify(order),
      });
    const answered = await send(mortal.url).then(
      ({ status }) => status === 200,
      () => false,
    );
    expect(await mortal.ended).toBe("SIGKILL");
    // A process that dies of what it was answered for may take the answer along; one that has not kept anything never answers.
    if (!isAnswered) expect(answered).toBe(false);
    expect(readFrom<object>(folder, REMAINS)).toEqual([remains]);

    await using heir = await startGateway(folder, env);
    if (!isAnswered) expect((await send(heir.url)).status).toBe(200);
    await until(
      "everything is taken and sent",
      async () => {
        const open = readFrom<{ n: number }>(
          folder,
          `select (select count(*) from raw_intakes where state <> 'taken') + (select count(*) from uploads where state <> 'completed')
             + (select count(*) from conversions where upload_id is null) as n`,
        );
        return open[0]?.n === 0 ? true : null;
      },
      LESS_THAN_A_LEASE,
    );
    expect(metrika.simulator.ledger.rows).toBe(1);
    expect(readFrom<object>(folder, "select sum(accepted) as accepted from raw_intakes")).toEqual([{ accepted: 1 }]);
  });
}
