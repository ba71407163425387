import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { codesOf, sale, startTestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

const hostile = [
  "=cmd|' /C calc'!A0",
  '+1","injected","column',
  "@SUM(1+9)*cmd",
  "-2+3",
  'quote " and, comma; semicolon',
  "<script>alert(1)</script>",
  "'; drop table conversions; --",
  "{{7*7}} %s %n \\u0000",
  "юникод 🜁",
];

test("names, targets and ids that look like formulas, markup or SQL reach Metrika as they are, each in its own cell", async () => {
  const { createWebhook, post, settle, sql, simulator } = await startTestGateway({
    settings: { keepCsv: true },
    rules: { maxLanes: 0 },
  });
  for (const target of hostile) simulator.addGoal(demo.counterId, target);
  const rows = hostile.map((text) => ({ user_id: text, purchase_id: text, target: text, date_time: 1795428000 }));
  const { body } = await post(await createWebhook({ name: hostile.join() }), rows);
  expect(body).toMatchObject({ accepted_count: hostile.length, rejected_count: 0 });
  await settle();
  const csv = simulator.ledger.files[0]?.csv ?? "";
  const records = parse(csv, { columns: true }) as Record<string, string>[];
  expect(records.map(({ UserId, PurchaseId, Target }) => [UserId, PurchaseId, Target])).toEqual(
    hostile.map((text) => [text, text, text]),
  );
  expect(csv.trimEnd().split("\n")).toHaveLength(hostile.length + 1);
  expect(await sql("select count(*) as n from conversions")).toEqual([{ n: hostile.length }]);
});

test("for every text that is accepted as an id and a target, the file has one line for it and gives it back unchanged", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.constantFrom(...hostile),
  );
  await fc.assert(
    fc.asyncProperty(text, text, async (purchase_id, target) => {
      const row = { purchase_id, target, date_time: 1795428000 };
      const { body } = await post(webhook, [row], { mode: "dry_run" });
      const lines = parse(body.csv, { columns: true }) as Record<string, string>[];
      expect(lines).toHaveLength(body.accepted_count as number);
      expect(body.csv.split("\n")).toHaveLength(2 + (body.accepted_count as number));
      for (const line of lines) expect([line.PurchaseId, line.Target]).toEqual([purchase_id, target]);
    }),
    { numRuns: 200 },
  );
});

test("line feeds, NUL and other control characters are refused by name in every field that is text", async () => {
  const { createWebhook, post } = await startTestGateway();
  const rows = ["\n", "\r\n", "\u0000", "\u001b[2J", "\u202e", "\ufeff"].flatMap((character) =>
    ["user_id", "purchase_id", "target"].map((field) => sale(0, { [field]: `a${character}b` })),
  );
  const { status, body } = await post(await createWebhook(), rows);
  expect(status).toBe(422);
  expect(new Set(codesOf(body.rejections))).toEqual(new Set(["control_character"]));
});

test("the comment that Metrika keeps has letters and digits only, and names the upload", async () => {
  const { createWebhook, manage, post, settle, simulator } = await startTestGateway();
  await post(await createWebhook({ name: hostile.join("\n"), description: hostile.join() }), [sale(0)]);
  await settle();
  const [upload] = (await manage("GET", "/v1/uploads")).body.data;
  expect(simulator.ledger.files.map(({ comment }) => comment)).toEqual([String(upload?.upload_id).replaceAll("-", "")]);
  expect(simulator.ledger.files[0]?.comment).toMatch(/^[0-9a-z]{32}$/);
});

test("nothing that is sent can forge a line of the log", async () => {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  const forged = '\n{"level":"fatal","message":"forged"}\u001b[31m';
  const { createWebhook, manage, post, request, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook({ name: `name${forged}`, create_missing_goals: true });
  const targets = hostile.map((target) => sale(0, { target }));
  await post(webhook, [...targets, sale(1, { target: `x${forged}` })]);
  await request("GET", `/v1/${encodeURIComponent(forged)}`);
  await request("GET", "/v1/webhooks", { headers: { "x-request-id": '"},{"level":"fatal"' } });
  await manage("POST", "/v1/api-keys", { name: forged });
  const message = `refused${forged}`;
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 400, message } });
  simulator.faults.add({ match: { operation: "create_goal" }, fault: { kind: "status", status: 400, message } });
  await settle();
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    expect(line).toEndWith("}\n");
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f]/);
    const { level } = JSON.parse(line) as { level: string };
    expect(["trace", "debug", "info", "warning"]).toContain(level);
  }
});
