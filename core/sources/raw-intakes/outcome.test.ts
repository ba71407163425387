import { expect, test } from "bun:test";
import type { Receipt } from "../../intake/receipt.ts";
import { ProblemError, retryLater } from "../../plugin/problem.ts";
import { RetryLater, Unusable } from "../../plugin/raw-intake.ts";
import { batchUuid } from "../../store/public-id.ts";
import type { KeptLeftover, RawIntakeRecord } from "../../store/store.ts";
import { VaultError } from "../../vault/vault.ts";
import type { CallEnd } from "../calls/limited-call.ts";
import { type Judging, outcomeOf } from "./outcome.ts";
import { defaultRawIntakeRules as rules } from "./rules.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const HOUR = 3_600_000;
const INSTALLATION = "0f0e0d0c-0b0a-4908-8706-050403020100";

const waiting: RawIntakeRecord = {
  ...{ id: 1, uuid: "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", sourceId: 1, state: "waiting", method: "POST", bytes: 10 },
  ...{ hasContent: true, attempts: 1, replays: 0, failures: 0, tryingSince: NOW, nextAttemptAt: NOW, errorCode: null },
  ...{ error: null, leftovers: [], accepted: 0, duplicates: 0, rejected: 0, receivedAt: NOW, handledAt: null },
  expiresAt: null,
};

const receipt = (change: Partial<Receipt> = {}): Receipt => ({
  ...{ batchUuid: batchUuid(INSTALLATION, 7), received: 1, accepted: 1, duplicates: [], rejections: [] },
  ...{ warnings: [], repeated: false, conversions: [] },
  ...change,
});

const after = (ended: CallEnd, receipts: readonly Receipt[] = [], change: Partial<Judging> = {}) =>
  outcomeOf(ended, {
    ...{
      intake: waiting,
      plugin: "crm 1.0.0",
      installation: INSTALLATION,
      receipts,
      rules,
      now: NOW,
      random: 1 - Number.EPSILON,
    },
    ...change,
  });
const returned = (value: unknown): CallEnd => ({ kind: "returned", value });
const threw = (error: unknown): CallEnd => ({ kind: "threw", error });

const leftover = (change: Partial<KeptLeftover> = {}): KeptLeftover => ({
  ...{ subject: "deal 7", code: "stage_not_mapped", needs: "person" },
  message: { ru: "Этап не настроен", en: "The stage has no target" },
  ...change,
});

test("what became a fact is taken and kept for 72 hours, what became none was not meant", () => {
  expect(after(returned([]), [receipt()])).toMatchObject({
    end: {
      to: "taken",
      expiresAt: NOW + 72 * HOUR,
      batches: [{ batchId: 7, accepted: 1, duplicates: 0, rejected: 0 }],
    },
    source: "works",
  });
  expect(after(returned([])).end).toMatchObject({ to: "ignored", batches: [] });
  expect(after(returned([leftover({ needs: "nothing" })])).end).toMatchObject({ to: "ignored", leftovers: [{}] });
});

test("a repeat of a known fact was meant, and is taken", () => {
  const repeat = receipt({ accepted: 0, duplicates: [{ row: 0, conversionId: 1 }] });
  expect(after(returned([]), [repeat]).end).toMatchObject({ to: "taken", batches: [{ duplicates: 1 }] });
});

test("a part that needs a person sets it aside for 30 days, whatever else was taken", () => {
  expect(after(returned([leftover()]), [receipt()]).end).toMatchObject({
    to: "set_aside",
    expiresAt: NOW + 30 * 24 * HOUR,
    leftovers: [{ subject: "deal 7", needs: "person" }],
  });
});

test("a row that the sink refused is a leftover with the sentence of its fault", () => {
  const findings = [{ code: "no_identifier", field: "client_id", params: { mend: "send_identifier" } }] as const;
  const { end } = after(returned([]), [receipt({ accepted: 0, rejections: [{ row: 2, findings }] })]);
  expect(end).toMatchObject({ to: "set_aside", leftovers: [{ subject: "conversion 3", code: "no_identifier" }] });
});

test("a hundred leftovers are kept, those that need a person first, and the rest is counted", () => {
  const many = Array.from({ length: 120 }, (_, i) => leftover({ needs: i < 119 ? "nothing" : "person" }));
  const { leftovers } = after(returned(many)).end;
  expect(leftovers).toHaveLength(101);
  expect(leftovers[0]?.needs).toBe("person");
  expect(leftovers.at(-1)).toMatchObject({ code: "more_leftovers", message: { en: "Not all are shown: 20 more." } });
});

test("contacts in a leftover are masked, and what no database would take is left out", () => {
  const message = { ru: "Позвоните +7 900 000-00-12", en: "Ask anna@example.com\u0000\ud800" };
  const [kept] = after(returned([leftover({ message })])).end.leftovers;
  expect(kept?.message).toEqual({ ru: "Позвоните ***12", en: "Ask a***@example.com\ufffd" });
});

test.each([
  ["nothing", undefined],
  ["a text", "done"],
  ["a list of texts", ["done"]],
  ["a code that is none", [leftover({ code: "No Such Stage!" })]],
  ["a message in one language", [{ ...leftover(), message: { en: "only" } }]],
])("a plugin that returns %s has broken its promise and is tried again", (_, value) => {
  expect(after(returned(value))).toMatchObject({
    end: { to: "waiting", errorCode: "plugin_answer" },
    source: "failed",
  });
});

test("a failed attempt is followed by another after 5 seconds, then after growing pauses of half an hour at most", () => {
  const waits = [0, 1, 2, 20].map((failures) => {
    const { end } = after({ kind: "timed_out" }, [], { intake: { ...waiting, failures } });
    return [(end.nextAttemptAt ?? 0) - NOW, end.failures];
  });
  expect(waits).toEqual([
    [5000, 1],
    [10_000, 2],
    [20_000, 3],
    [1_800_000, 21],
  ]);
});

test.each([
  [120, 120_000],
  [0, 1000],
  [-5, 1000],
  [10 * 3600, 6 * HOUR],
  [Number.POSITIVE_INFINITY, 6 * HOUR],
  [Number.NaN, 5000],
])("a plugin that asks to wait for %d seconds waits for %d ms", (seconds, ms) => {
  const { end, source } = after(threw(new RetryLater({ ru: "Занято", en: "Busy" }, seconds)));
  expect(end).toMatchObject({ to: "waiting", nextAttemptAt: NOW + ms, errorCode: "retry_later" });
  expect([end.error?.en, source]).toEqual(["The plugin crm 1.0.0 asks to wait: Busy", "failed"]);
});

test("what still fails a day after its first attempt is given up, and not before", () => {
  const begun = (tryingSince: number) => ({ intake: { ...waiting, tryingSince } });
  const busy = threw(new RetryLater({ ru: "Занято", en: "Busy" }));
  expect(after(busy, [], begun(NOW - 24 * HOUR + 1)).end.to).toBe("waiting");
  expect(after(busy, [], begun(NOW - 24 * HOUR)).end).toMatchObject({ to: "failed", nextAttemptAt: null });
});

test("what only a person can mend is given up at once; of the source it tells only where it speaks of its access", () => {
  const reason = { ru: "Нельзя", en: "Not so" };
  expect(after(threw(new Unusable("not_a_deal", reason)))).toMatchObject({
    end: { to: "failed", errorCode: "not_a_deal", error: reason },
    source: "unknown",
  });
  expect(after(threw(new Unusable("token_refused", reason))).source).toBe("failed");
});

test("a body that cannot be read is given up with the title of its problem, which names no value", () => {
  const problem = new ProblemError("malformed_json", { line: 1, column: 2, cause: "secret" });
  expect(after(threw(problem))).toMatchObject({
    end: { to: "failed", errorCode: "malformed_json" },
    source: "unknown",
  });
  expect(JSON.stringify(after(threw(problem)))).not.toContain("secret");
});

test("a disk that takes nothing is the gateway's own trouble: tried again, and no failure of the source", () => {
  const outcome = after(threw(retryLater("storage_unavailable", 2)));
  expect(outcome).toMatchObject({ end: { to: "waiting", nextAttemptAt: NOW + 2000 }, source: "unknown" });
});

test("content that does not open with the gateway's key waits for a person", () => {
  expect(after(threw(new VaultError("vault_wrong_key", "another key"))).end).toMatchObject({
    to: "failed",
    errorCode: "content_sealed",
  });
});

test("what an attempt told before it failed is written down with it", () => {
  expect(after(threw(new Error("then it broke")), [receipt()]).end).toMatchObject({
    to: "waiting",
    errorCode: "plugin_error",
    batches: [{ batchId: 7, accepted: 1 }],
  });
});
