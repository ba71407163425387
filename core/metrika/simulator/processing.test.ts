import { expect, test } from "bun:test";
import { createRig, type Rig, START_SECONDS } from "./rig.ts";
import type { SimulatorSettings } from "./settings.ts";
import type { Visit } from "./visit.ts";

const DAY = 24 * 3600;
const at = (daysAgo: number) => START_SECONDS - daysAgo * DAY;
const rows = (...lines: string[]) => ["ClientId,UserId,Yclid,PurchaseId,Target,DateTime", ...lines].join("\n");

function visit(rig: Rig, daysAgo: number, who: Omit<Visit, "startTime">): void {
  rig.simulator.addVisit(rig.call.counterId, { ...who, startTime: at(daysAgo) * 1000 });
}

async function quantities(rig: Rig, csv: string): Promise<string> {
  const end = await rig.settled(await rig.upload(csv));
  return `${end.status} linked ${end.linkedQuantity} goal ${end.goalNotFoundQuantity} user ${end.userNotFoundQuantity}`;
}

test("a file passes the documented statuses within two hours", async () => {
  const statuses = async (settings: Partial<SimulatorSettings>) => {
    const rig = createRig({ visitors: "any", ...settings });
    const { id: uploadingId, status } = await rig.upload(rows(`1,,,,purchase,${at(1)}`));
    const seen = [status];
    for (let minutes = 0; minutes < 120; minutes++) {
      rig.simulator.advance(60_000);
      const now = (await rig.client.uploadings.get({ ...rig.call, uploadingId })).status;
      if (now !== seen.at(-1)) seen.push(now);
    }
    return seen;
  };
  expect(await statuses({})).toEqual(["UPLOADED", "EXPORTED", "MATCHED", "PROCESSED"]);
  expect(await statuses({ firstStatus: "PREPARED" })).toEqual([
    "PREPARED",
    "UPLOADED",
    "EXPORTED",
    "MATCHED",
    "PROCESSED",
  ]);
  const script = [
    { status: "UPLOADED", afterMs: 0 },
    { status: "QUARANTINED", afterMs: 60_000 },
  ];
  expect(await statuses({ statusScript: script })).toEqual(["UPLOADED", "QUARANTINED"]);
});

test("a conversion joins a visit that precedes it, of a visitor seen within 21 days", async () => {
  const rig = createRig();
  visit(rig, 5, { clientId: "1" });
  visit(rig, 22, { clientId: "2" });
  visit(rig, 30, { clientId: "3" });
  visit(rig, 20, { clientId: "3" });
  const csv = rows(
    `1,,,,purchase,${at(4)}`, // after the visit
    `1,,,,purchase,${at(6)}`, // before it
    `2,,,,purchase,${at(21)}`, // last seen too long ago
    `3,,,,purchase,${at(25)}`, // joins the older visit, while the later one keeps the visitor known
    `4,,,,purchase,${at(4)}`, // nobody
  );
  expect(await quantities(rig, csv)).toBe("PROCESSED linked 2 goal 0 user 3");
  const outcomes = rig.simulator.ledger.conversions().map((it) => `${it.identifier} ${it.outcome}`);
  expect(outcomes).toEqual(["1 linked", "1 user_not_found", "2 user_not_found", "3 linked", "4 user_not_found"]);
});

test("each kind of identifier finds its visit", async () => {
  const rig = createRig();
  visit(rig, 2, { clientId: "1", userId: "u", yclid: "y", purchaseIds: ["p", "q"] });
  const csv = rows(
    `,u,,,purchase,${at(1)}`,
    `,,y,,purchase,${at(1)}`,
    `,,,q,purchase,${at(1)}`,
    `u,,,,purchase,${at(1)}`,
  );
  expect(await quantities(rig, csv)).toBe("PROCESSED linked 3 goal 0 user 1");
});

test("weaker identifiers count only where the setting says so", async () => {
  for (const [identifierMatching, expected] of [
    ["strongest", "LINKAGE_FAILURE linked 0 goal 0 user 1"],
    ["any", "PROCESSED linked 1 goal 0 user 0"],
  ] as const) {
    const rig = createRig({ identifierMatching });
    visit(rig, 2, { clientId: "1", userId: "u" });
    expect(await quantities(rig, rows(`unknown,u,,,purchase,${at(1)}`))).toBe(expected);
  }
});

test("a row without a goal is counted as each setting says", async () => {
  const csv = rows(`1,,,,purchase,${at(1)}`, `1,,,,Purchase,${at(1)}`, `2,,,,refund,${at(1)}`);
  const end = (settings: Partial<SimulatorSettings>) => {
    const rig = createRig(settings);
    visit(rig, 2, { clientId: "1" });
    return quantities(rig, csv);
  };
  expect(await end({})).toBe("PROCESSED linked 1 goal 2 user 0");
  expect(await end({ rowsWithoutGoal: "goal_and_visitor" })).toBe("PROCESSED linked 1 goal 2 user 1");
  expect(await end({ rowsWithoutGoal: "linked" })).toBe("PROCESSED linked 2 goal 2 user 1");
  expect(await end({ targetCase: "insensitive" })).toBe("PROCESSED linked 2 goal 1 user 0");
});

test("a goal made after the upload rescues its rows only where the setting says so", async () => {
  for (const [goalLookup, expected] of [
    ["upload", 0],
    ["processing", 1],
  ] as const) {
    const rig = createRig({ goalLookup, visitors: "any" });
    const uploading = await rig.upload(rows(`1,,,,late_goal,${at(1)}`));
    rig.simulator.addGoal(rig.call.counterId, "late_goal");
    expect((await rig.settled(uploading)).linkedQuantity).toBe(expected);
  }
});

test("goals of other types and conditions are not reached", async () => {
  const rig = createRig({ visitors: "any" });
  rig.simulator.addGoal(rig.call.counterId, { identifier: "thanks", type: "url" });
  rig.simulator.addGoal(rig.call.counterId, { identifier: "lead", condition: "contain" });
  expect(await quantities(rig, rows(`1,,,,thanks,${at(1)}`, `1,,,,lead,${at(1)}`))).toBe(
    "LINKAGE_FAILURE linked 0 goal 2 user 0",
  );
});

test("visitors may be a share of all identifiers, or a rule", async () => {
  const csv = rows(...Array.from({ length: 1000 }, (_, index) => `${index},,,,purchase,${at(1)}`));
  const rig = createRig({ visitors: { share: 0.8 } });
  const { linkedQuantity } = await rig.settled(await rig.upload(csv));
  expect(Math.abs(Number(linkedQuantity) - 800)).toBeLessThan(60);
  const even = createRig({ visitors: ({ identifier }) => Number(identifier) % 2 === 0 });
  expect(await quantities(even, csv)).toBe("PROCESSED linked 500 goal 0 user 500");
});

test("one uploading can be given a walk of its own", async () => {
  const rig = createRig({ visitors: "any" });
  const uploading = await rig.upload(rows(`1,,,,purchase,${at(1)}`));
  rig.simulator.scriptStatus(uploading.id, [{ status: "LINKAGE_FAILURE", afterMs: 1000 }]);
  expect(uploading.status).toBe("UPLOADED");
  expect(await rig.settled(uploading)).toMatchObject({
    status: "LINKAGE_FAILURE",
    linkedQuantity: 0,
    userNotFoundQuantity: 1,
  });
});
