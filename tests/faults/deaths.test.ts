import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { Death } from "../setup/deaths.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import {
  hurried,
  serveSimulator,
  startGateway,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { createWebhook, post, saleOf, uploadsByState } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

/** Shorter than a lease, which lasts a minute: whatever waits for a dead process's lease to run out is caught by it. */
const LESS_THAN_A_LEASE = 25_000;
const DYING = [process.execPath, `${import.meta.dir}/../setup/dying-gateway.ts`];

/** What the point of death left behind, as proof that it was the right one. */
interface Remains {
  readonly uploads: readonly { readonly state: string; readonly rows: number; readonly held: number }[];
  /** Rows that have their file. */
  readonly placed: number;
  /** Lines of the files on their way, the header counted. */
  readonly lines: number;
  readonly goalsRead: number;
}

interface Script {
  readonly death: Death;
  readonly rows?: number;
  readonly target?: string;
  /** The wish is the webhook's; otherwise somebody makes the goal in Metrika. */
  readonly wishesGoal?: boolean;
  readonly losesAnswer?: boolean;
  readonly remains: Partial<Remains>;
  /** Files that Metrika had before the death. */
  readonly arrived: number;
}

const oneFile = (state: string, held: 0 | 1) => [{ state, rows: 3, held }];

const scripts: readonly Script[] = [
  { death: "file built", remains: { uploads: oneFile("sending", 1), lines: 4 }, arrived: 0 },
  { death: "half of the body sent", remains: { uploads: oneFile("sending", 1), lines: 4 }, arrived: 0 },
  { death: "upload answered", remains: { uploads: oneFile("sending", 1) }, arrived: 1 },
  { death: "upload recorded", remains: { uploads: oneFile("sent", 1), lines: 0 }, arrived: 1 },
  { death: "poll answered", remains: { uploads: oneFile("sent", 1) }, arrived: 1 },
  {
    death: "list read for a lost answer",
    losesAnswer: true,
    remains: { uploads: oneFile("uncertain", 1) },
    arrived: 1,
  },
  { death: "goals answered", target: "callback", remains: { uploads: [], placed: 0, goalsRead: 0 }, arrived: 0 },
  {
    death: "goal created",
    target: "callback",
    wishesGoal: true,
    remains: { uploads: [], placed: 0, goalsRead: 0 },
    arrived: 0,
  },
  {
    death: "one page placed",
    rows: 1200,
    remains: { uploads: [{ state: "filling", rows: 250, held: 0 }], placed: 250 },
    arrived: 0,
  },
  {
    death: "all placed, nothing sealed",
    rows: 1200,
    remains: { uploads: [{ state: "filling", rows: 1200, held: 0 }], placed: 1200 },
    arrived: 0,
  },
];

async function remainsIn(folder: TemporaryFolder): Promise<Remains> {
  const database = new Database(`${folder.path}/data/gateway.db`, { readonly: true });
  const count = (query: string) =>
    database.query<{ n: number }, []>(`select count(*) as n from ${query}`).get()?.n ?? 0;
  try {
    let lines = 0;
    for (const name of new Bun.Glob("*").scanSync(`${folder.path}/data/uploads`)) {
      lines += (await Bun.file(`${folder.path}/data/uploads/${name}`).text()).split("\n").length - 1;
    }
    return {
      uploads: database
        .query<Remains["uploads"][number], []>("select state, rows, claim is not null as held from uploads")
        .all(),
      placed: count("conversions where upload_id is not null"),
      lines,
      goalsRead: count("counter_goals where identifiers like '%callback%'"),
    };
  } finally {
    database.close();
  }
}

for (const { death, rows = 3, target = "purchase", wishesGoal, losesAnswer, remains, arrived } of scripts) {
  test.concurrent(`kill -9 at the point “${death}” leaves nothing stuck, and each conversion is counted once`, async () => {
    await using folder = await temporaryFolder();
    await using metrika = await serveSimulator();
    const { simulator } = metrika;
    const env = { ...hurried(metrika.url), POLL_INTERVAL_SECONDS: "0.2", READ_BACK_SECONDS: "0.2,0.4,0.6" };
    await using mortal = await startGateway(folder, { ...env, DIE_AT: death }, DYING);
    const webhook = await createWebhook(mortal, { create_missing_goals: wishesGoal ?? false });
    if (losesAnswer) simulator.faults.add({ fault: { kind: "store_then_reset" } });
    if (target !== "purchase" && !wishesGoal) simulator.addGoal(demo.counterId, target);
    const conversions = Array.from({ length: rows }, (_, n) => ({ ...saleOf(`visitor-${n}`), target }));
    const answer = await post(mortal, webhook, conversions);
    expect(answer.status).toBe(202);

    expect(await mortal.ended).toBe("SIGKILL");
    expect(await remainsIn(folder)).toMatchObject(remains);
    expect(simulator.ledger.files).toHaveLength(arrived);

    await using heir = await startGateway(folder, env);
    await until(
      "everything is settled",
      async () => {
        const { completed = 0, ...open } = await uploadsByState(heir);
        return completed > 0 && Object.keys(open).length === 0 ? true : null;
      },
      LESS_THAN_A_LEASE,
    );
    expect(differenceOf(simulator, conversions)).toEqual(whole);
    expect(simulator.ledger.rows).toBe(rows);
    expect(simulator.requests.byOperation.create_goal ?? 0).toBe(wishesGoal ? 1 : 0);
    expect((await remainsIn(folder)).lines).toBe(0);
  });
}
