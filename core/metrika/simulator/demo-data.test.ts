import { expect, test } from "bun:test";
import { createMetrikaClient } from "../client.ts";
import { demo, demoVisitors, seedDemo } from "./demo-data.ts";
import { createMetrikaSimulator } from "./simulator.ts";

const header = "ClientId,UserId,Yclid,PurchaseId,Target,DateTime";

test("a visitor of the demo is found by each identifier that the visit carries", async () => {
  const simulator = createMetrikaSimulator();
  seedDemo(simulator);
  const client = createMetrikaClient({
    ...{ apiUrl: "https://metrika.example", loginUrl: "https://login.example" },
    fetch: (url, init) => simulator.fetch(url, init),
  });
  const call = { token: demo.token, counterId: demo.counterId };
  const second = Math.floor(simulator.now() / 1000) - 60;
  const rows = demoVisitors.flatMap(({ clientId, userId, yclid, purchaseIds = [] }) => [
    `${clientId},,,,lead,${second}`,
    ...(userId ? [`,${userId},,,lead,${second}`] : []),
    ...(yclid ? [`,,${yclid},,lead,${second}`] : []),
    ...purchaseIds.map((purchaseId) => `,,,${purchaseId},lead,${second}`),
  ]);
  const bytes = new TextEncoder().encode([header, ...rows].join("\n"));

  const { id: uploadingId } = await client.uploadings.upload({
    ...{ ...call, comment: "c1" },
    file: { size: bytes.length, chunks: () => new Blob([bytes]).stream() },
  });
  simulator.advance(simulator.settings.processingMs);

  expect(await client.uploadings.get({ ...call, uploadingId })).toMatchObject({
    ...{ status: "PROCESSED", lineQuantity: rows.length, linkedQuantity: rows.length },
  });
});

test("the demo's visitors are different people", () => {
  const identifiers = demoVisitors.flatMap(({ clientId, userId, yclid, purchaseIds = [] }) =>
    [clientId, userId, yclid, ...purchaseIds].filter((identifier) => identifier !== undefined),
  );
  expect(new Set(identifiers).size).toBe(identifiers.length);
});
