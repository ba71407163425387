import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { specificationExample } from "../../plugins/webhook-offline/examples.ts";
import type { BatchAnswer, BatchRowAnswer, DemoClient, ReceiptAnswer, WebhookAnswer } from "./client.ts";
import { checkNumbers, checkOutcome, NotAsExpectedError } from "./expected.ts";
import { rowFates } from "./fates.ts";
import { follow, isSettled } from "./follow.ts";
import type { Intake, Narrator } from "./narrator.ts";
import type { Rig } from "./rig.ts";
import { missingGoal, salesBody, salesExpected } from "./sales.ts";

/** What the story leaves behind for people to try. */
export interface Outcome {
  readonly apiKey: string;
  readonly webhook: WebhookAnswer;
  readonly salesBatch: string;
}

/** Whom the story is told of, and to whom. */
export interface StoryDeps {
  readonly rig: Rig;
  readonly client: DemoClient;
  readonly narrator: Narrator;
  readonly now: () => number;
  /** Aborted when the demo is interrupted or out of time. */
  readonly signal: AbortSignal;
}

/**
 * The way of conversions, told as it happens: a webhook, one conversion, a file of sales with their usual faults, a goal
 * that comes late.
 * @throws {NotAsExpectedError}
 */
export async function tellStory({ rig, client, narrator, now, signal }: StoryDeps): Promise<Outcome> {
  const { say } = narrator;

  narrator.begin(say("step_webhook"));
  const apiKey = await client.createApiKey(rig.operatorToken, "demo");
  const consent = (authorizeUrl: string) => rig.simulator.consent({ authorizeUrl, login: demo.login });
  const account = await client.connectAccount(apiKey, consent);
  const { account_id } = account;
  const wanted = { name: "CRM", counter_id: demo.counterId, account_id, language: narrator.language };
  const webhook = await client.createWebhook(apiKey, wanted);
  narrator.webhook(webhook, account);

  /** Posts conversions and follows their batch to its end. */
  async function deliver(body: string): Promise<BatchAnswer> {
    const receipt = await client.post(webhook, body);
    narrator.taken(intakeOf(receipt));
    const read = () => client.status(webhook, batchOf(receipt));
    const stage = ({ status }: BatchAnswer) => status;
    const batch = await follow({ read, stage, from: "pending", isOver: isSettled, onMove: narrator.moved, signal });
    narrator.settled(batch);
    return batch;
  }

  narrator.begin(say("step_example"));
  const example = await deliver(JSON.stringify(specificationExample));
  checkOutcome(example, { total: 1, accepted: 1, duplicates: 0, rejected: 0, linked: 1, waiting: 0 });

  narrator.begin(say("step_sales", { rows: salesExpected.total }));
  const sales = await deliver(salesBody(now()));
  narrator.remarks(sales);
  const rows = await client.rows(apiKey, sales.batch_id);
  narrator.fates(rowFates(rows));
  checkOutcome(sales, { ...salesExpected, waiting: 1 });

  narrator.begin(say("step_goal", { goal: missingGoal.identifier }));
  rig.simulator.addGoal(demo.counterId, missingGoal);
  const index = rows.findIndex((row) => row.detail === "waiting_goal");
  const freed = await follow<BatchRowAnswer>({
    read: async () => rowAt(await client.rows(apiKey, sales.batch_id), index),
    stage: ({ detail }) => detail,
    from: "waiting_goal",
    isOver: ({ status }) => status !== "pending",
    onMove: narrator.rowMoved,
    signal,
  });
  narrator.rowMoved(freed);
  const end = await client.status(webhook, sales.batch_id);
  narrator.settled(end);
  checkOutcome(end, { ...salesExpected, linked: salesExpected.linked + 1, waiting: 0 });

  // Metrika's own books, not the gateway's word: each accepted row was counted, and none came twice.
  const { total: conversions, rows: uploaded } = rig.simulator.ledger;
  const accepted = example.accepted + salesExpected.accepted;
  checkNumbers({ conversions, uploaded }, { conversions: accepted, uploaded: accepted });
  narrator.counted(conversions, uploaded);
  return { apiKey, webhook, salesBatch: sales.batch_id };
}

function batchOf({ batch_id }: ReceiptAnswer): string {
  if (batch_id === null) throw new Error("The gateway took conversions and named no batch.");
  return batch_id;
}

function rowAt(rows: readonly BatchRowAnswer[], index: number): BatchRowAnswer {
  const row = rows[index];
  if (row === undefined) throw new NotAsExpectedError("no row waits for its goal");
  return row;
}

function intakeOf(receipt: ReceiptAnswer): Intake {
  const { accepted_count: accepted, duplicate_count: duplicates, rejected_count: rejected } = receipt;
  return { accepted, duplicates, rejected, rejections: receipt.rejections, warnings: receipt.warnings };
}
