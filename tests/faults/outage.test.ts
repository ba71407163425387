import { expect, setDefaultTimeout, test } from "bun:test";
import type { Fault } from "../../core/metrika/simulator/faults.ts";
import { DAY, HOUR, MINUTE, sale, startTestGateway } from "../setup/gateway.ts";
import { differenceOf, whole } from "../setup/ledger.ts";

const ROWS_PER_POST = Number(process.env.OUTAGE_ROWS ?? 100);
/** How many bytes the heap may grow while rows pile up: they wait on disk. */
const MOST_GROWTH = 30_000_000;

setDefaultTimeout(60_000 + ROWS_PER_POST * 200);

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

const outages: readonly (readonly [name: string, fault: Fault])[] = [
  ["cannot be reached", { kind: "unreachable" }],
  ["answers 503", { kind: "status", status: 503 }],
];

for (const [name, fault] of outages) {
  test(`Metrika that ${name} for three days gets all that came meanwhile when it is back, rows older than 21 days included`, async () => {
    const rig = await startTestGateway({ settings: { visitors: "any" } });
    const webhook = await rig.createWebhook();
    const down = rig.simulator.faults.add({ times: "always", fault });
    const told: object[] = [];
    let posts = 0;
    const postSome = async () => {
      const at = rig.clock.now() - (posts % 2 === 0 ? HOUR : 20 * DAY);
      const rows = Array.from({ length: ROWS_PER_POST }, (_, n) =>
        sale(0, { client_id: String(1_764_000_000_000 + n), date_time: new Date(at).toISOString() }),
      );
      posts++;
      expect((await rig.post(webhook, rows)).status).toBe(202);
      told.push(...rows);
    };

    let early = 0;
    for (let hour = 0; hour < 72; hour++) {
      if (hour % 8 === 0) await postSome();
      await rig.work();
      rig.advance(HOUR);
      if (hour === 12) early = heapBytes();
    }
    const growth = heapBytes() - early;
    expect(rig.simulator.ledger.total).toBe(0);

    down.remove();
    const backAt = rig.clock.now();
    while (rig.simulator.ledger.total < told.length) {
      await rig.work();
      rig.advance(MINUTE);
      expect(rig.clock.now() - backAt).toBeLessThan(2 * HOUR);
    }
    await rig.settle();
    expect(differenceOf(rig.simulator, told)).toEqual(whole);
    expect(rig.simulator.ledger.rows).toBe(told.length);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });
}
