import { expect, test } from "bun:test";
import { createRig, START_SECONDS } from "./rig.ts";

const PAST = START_SECONDS - 3600;
const HEADER = "ClientId,Target,DateTime,Price,Currency";

test("a file is taken, counted and named by its comment", async () => {
  const rig = createRig();
  const uploading = await rig.upload(`${HEADER}\n1,purchase,${PAST},12.50,RUB\n2,purchase,${PAST},,\n`, "abc123");
  expect(uploading).toMatchObject({
    ...{ id: "1400000001", status: "UPLOADED", comment: "abc123", type: "BASIC", createTime: "2026-11-23T12:00:00Z" },
    ...{ sourceQuantity: 2, lineQuantity: 2, linkedQuantity: 0 },
  });
  expect(rig.simulator.ledger.conversions()[0]).toEqual({
    ...{ counterId: 100, identifierKind: "client_id", identifier: "1", target: "purchase", dateTime: PAST },
    ...{ price: "12.50", currency: "RUB", timesUploaded: 1, uploadingIds: ["1400000001"], outcome: "pending" },
  });
});

test("BOM, CRLF, quotes, other column order, spelling and unknown columns are all accepted", async () => {
  const rig = createRig({ keepCsv: true });
  const csv = `\uFEFF"target","Note",clientID,DATETIME\r\n"purchase","a ""b"", c\nd",1,"${PAST}"\r\n`;
  expect(await rig.upload(csv)).toMatchObject({ sourceQuantity: 1, lineQuantity: 1 });
  expect(rig.simulator.ledger.countOf({ identifier: "1", target: "purchase", dateTime: PAST })).toBe(1);
  expect(rig.simulator.ledger.files[0]?.csv).toBe(csv);
});

test("a file that Metrika cannot use is refused with invalid_uploading and leaves no trace", async () => {
  const rig = createRig();
  const files = {
    "Target is missing": `ClientId,DateTime\n1,${PAST}\n`,
    "DateTime is missing": "ClientId,Target\n1,purchase\n",
    "No column of identifiers": `Target,DateTime\npurchase,${PAST}\n`,
    "no rows": `${HEADER}\n`,
    "is no CSV": `${HEADER}\n"1,purchase\n`,
  };
  for (const [message, csv] of Object.entries(files)) {
    const error = await rig.refusal(csv);
    expect(error).toMatchObject({
      kind: "rejected",
      status: 400,
      errorType: "invalid_uploading",
      bodyMayHaveArrived: false,
    });
    expect(error.message).toContain(message);
  }
  expect(await rig.client.uploadings.list(rig.call)).toEqual([]);
});

test("a file in a part of another name is refused", async () => {
  const { simulator, call } = createRig();
  const body = new FormData();
  body.set("data", new Blob([`${HEADER}\n1,purchase,${PAST},,\n`]), "data.csv");
  const url = `https://metrika.example/management/v1/counter/${call.counterId}/offline_conversions/upload`;
  const answer = await simulator.fetch(url, {
    method: "POST",
    body,
    headers: { authorization: `OAuth ${call.token}` },
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 400, errors: [{ error_type: "invalid_uploading" }] });
});

const BAD_ROWS = [
  `1,purchase,${START_SECONDS + 1},,`,
  "1,purchase,2026-11-23,,",
  `1,purchase,${PAST},"1 500,50",RUB`,
  `,purchase,${PAST},,`,
  `1,,${PAST},,`,
];

test("a bad cell costs its row, or the whole file where the setting says so", async () => {
  const rig = createRig();
  const csv = [HEADER, `9,purchase,${PAST},,`, ...BAD_ROWS].join("\n");
  expect(await rig.upload(csv)).toMatchObject({ sourceQuantity: 6, lineQuantity: 1 });
  rig.simulator.settings.badRows = "refuse_file";
  for (const row of BAD_ROWS)
    expect(await rig.refusal(`${HEADER}\n${row}\n`)).toMatchObject({ errorType: "invalid_uploading" });
});

test("a row sent again overwrites its price and is counted once", async () => {
  const rig = createRig();
  await rig.upload(`${HEADER}\n1,purchase,${PAST},10,RUB\n`, "first");
  await rig.upload(`${HEADER}\n1,purchase,${PAST},20,RUB\n1,purchase,${PAST + 1},30,RUB\n`, "second");
  const { ledger } = rig.simulator;
  expect(ledger).toMatchObject({ total: 2, rows: 3 });
  expect(ledger.countOf({ identifier: "1", target: "purchase", dateTime: PAST })).toBe(1);
  expect(ledger.timesUploaded({ identifier: "1", dateTime: PAST })).toBe(2);
  expect(ledger.countOf({ identifier: "1", target: "purchase" })).toBe(2);
  expect(ledger.countOf({ identifier: "2" })).toBe(0);
  expect(ledger.conversions()[0]).toMatchObject({ price: "20", uploadingIds: ["1400000001", "1400000002"] });
});

test("an unsupported currency takes the amount with it, an empty one is the setting's", async () => {
  const rig = createRig({ emptyCurrency: "USD" });
  await rig.upload(`${HEADER}\n1,purchase,${PAST},10,XQX\n2,purchase,${PAST},10,\n3,purchase,${PAST},10,eur\n`);
  const amounts = rig.simulator.ledger.conversions().map(({ price, currency }) => [price, currency]);
  expect(amounts).toEqual([
    [null, null],
    ["10", "USD"],
    ["10", "EUR"],
  ]);
});

test("the strongest identifier of a row is the setting's first", async () => {
  const rig = createRig({ identifierPriority: ["purchase_id"] });
  await rig.upload(
    `ClientId,UserId,Yclid,PurchaseId,Target,DateTime\n1,u,y,p,purchase,${PAST}\n1,u,,,purchase,${PAST}\n`,
  );
  const identities = rig.simulator.ledger.conversions().map((it) => `${it.identifierKind} ${it.identifier}`);
  expect(identities).toEqual(["purchase_id p", "client_id 1"]);
});

test("ids may exceed 2^53 and come back digit for digit", async () => {
  const rig = createRig({ firstUploadingId: "9223372036854775000" });
  const uploading = await rig.upload(`${HEADER}\n1,purchase,${PAST},,\n`);
  expect(uploading.id).toBe("9223372036854775000");
  expect((await rig.client.uploadings.get({ ...rig.call, uploadingId: uploading.id })).id).toBe(uploading.id);
});

test("a file beyond the limit is answered by a gateway's page", async () => {
  const rig = createRig({ maxFileBytes: 20 });
  expect(await rig.refusal(`${HEADER}\n1,purchase,${PAST},,\n`)).toMatchObject({ kind: "rejected", status: 413 });
});
