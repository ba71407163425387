import { expect, test } from "bun:test";
import fc from "fast-check";
import type { MetrikaErrorKind } from "../metrika/errors.ts";
import { OWN_QUOTAS } from "./request-budget.ts";
import { defaultRules } from "./rules.ts";
import { jittered, nextMidnight, outcomeOfSend, outcomeOfSendError, whenAgain } from "./send-outcome.ts";
import { exampleError, exampleUpload, exampleUploading, NOW } from "./upload-examples.ts";
import { mayMove } from "./upload-state.ts";

const at = { now: NOW, random: 0.5, rules: defaultRules, pauses: 0 };
const sending = exampleUpload({ state: "sending", attempts: 1 });
const DAY = 86_400_000;

test("a file that Metrika has taken is sent, with Metrika's numbers, and is asked about after the interval", () => {
  const { to, facts, pause } = outcomeOfSend(exampleUploading(), at);
  expect(to).toBe("sent");
  expect(facts).toMatchObject({ metrikaUploadId: "900", metrikaStatus: "UPLOADED", sourceQuantity: 10, sentAt: NOW });
  expect(facts).toMatchObject({ nextAttemptAt: NOW + defaultRules.pollMs, errorCode: null, errorText: null });
  expect(pause).toBeNull();
});

test("a file of which Metrika took no row has failed", () => {
  const { to, facts } = outcomeOfSend(exampleUploading({ lineQuantity: 0 }), at);
  expect(to).toBe("failed");
  expect(facts).toMatchObject({ errorCode: "metrika_refused_all_rows", settledAt: NOW });
});

test.each(["rejected", "not_found"] as const)("a file that Metrika refuses for good (%s) has failed", (kind) => {
  const { to, facts, pause } = outcomeOfSendError(exampleError(kind), sending, at);
  expect(to).toBe("failed");
  expect(facts).toMatchObject({ errorCode: `metrika_${kind}`, errorText: `Metrika: ${kind}`, settledAt: NOW });
  expect(pause).toBeNull();
});

test.each(["unavailable", "unreachable", "invalid_answer", "aborted"] as const)(
  "a file that may have arrived (%s) is uncertain and is looked up first",
  (kind) => {
    const { to, facts } = outcomeOfSendError(exampleError(kind, { bodyMayHaveArrived: true }), sending, at);
    expect(to).toBe("uncertain");
    expect(facts).toMatchObject({ requestEndedAt: NOW, completeLists: 0, nextAttemptAt: NOW + 15_000 });
  },
);

test("a file that may have arrived is not looked up sooner than Metrika asks to wait", () => {
  const error = exampleError("unavailable", { bodyMayHaveArrived: true, retryAfterSeconds: 120 });
  expect(outcomeOfSendError(error, sending, at).facts.nextAttemptAt).toBe(NOW + 120_000);
});

test("a file that surely never arrived is planned again, later with each failure", () => {
  const retry = (attempts: number) =>
    outcomeOfSendError(exampleError("unreachable"), { ...sending, attempts }, { ...at, random: 1 });
  expect(retry(1)).toMatchObject({ to: "planned", pause: null, facts: { nextAttemptAt: NOW + 10_000 } });
  expect(retry(4)).toMatchObject({ to: "planned", pause: null, facts: { nextAttemptAt: NOW + 80_000 } });
});

test("a throttled file is planned again even if its body went out: Metrika refused it", () => {
  const error = exampleError("throttled", { bodyMayHaveArrived: true, retryAfterSeconds: 7 });
  const { to, facts, pause } = outcomeOfSendError(error, sending, at);
  expect(to).toBe("planned");
  expect(facts.nextAttemptAt).toBe(NOW + 7000);
  expect(pause).toBeNull();
});

test("a daily quota rests everything of the login until shortly after midnight GMT", () => {
  const quota = { name: "quota_requests_by_uid", freed: "midnight_gmt" } as const;
  const { to, pause } = outcomeOfSendError(exampleError("throttled", { quota }), sending, at);
  expect(to).toBe("planned");
  expect(pause).toEqual({ reason: "quota", until: Date.parse("2026-11-24T00:00:30Z"), isExhausted: true });
  const asked = whenAgain(exampleError("throttled", { quota, retryAfterSeconds: 60 }), 1, at);
  expect(asked.pause).toEqual({ reason: "quota", until: NOW + 60_000, isExhausted: false });
});

test("a day that Metrika calls used up in its first minutes is the one before: the new day is not given up", () => {
  const quota = { name: "quota_requests_by_uid", freed: "midnight_gmt" } as const;
  const early = { ...at, now: Date.parse("2026-11-24T00:00:05Z") };
  const { pause } = whenAgain(exampleError("throttled", { quota }), 1, early);
  expect(pause).toEqual({ reason: "quota", until: Date.parse("2026-11-24T00:10:30Z"), isExhausted: false });
});

test("a counter's own daily quota rests that counter until after midnight, and nothing else", () => {
  const quota = { name: "quota_requests_by_counter_id", freed: "midnight_gmt" } as const;
  const outcome = outcomeOfSendError(exampleError("throttled", { quota }), sending, at);
  const midnight = Date.parse("2026-11-24T00:00:30Z");
  expect(outcome).toMatchObject({ to: "planned", pause: null, counterRestsUntil: midnight });
  expect(outcome.facts).toMatchObject({ nextAttemptAt: midnight, errorCode: "waiting_counter_quota" });
});

test("the gateway's own count rests sending when writes are spent, and only the one question when reads are", () => {
  const own = (name: string) => exampleError("throttled", { quota: { name, freed: "midnight_gmt" } });
  const until = Date.parse("2026-11-24T00:00:30Z");
  expect(whenAgain(own(OWN_QUOTAS.write), 1, at).pause).toEqual({ reason: "quota", until, isExhausted: false });
  expect(whenAgain(own(OWN_QUOTAS.read), 1, at)).toMatchObject({ retryAt: until, pause: null, isCounterQuota: false });
});

test.each(["unauthorized", "forbidden"] as const)(
  "a refused token (%s) keeps the file and rests its credential, more rarely asked with each refusal",
  (reason) => {
    const refusal = (pauses: number) => outcomeOfSendError(exampleError(reason), sending, { ...at, pauses, random: 1 });
    expect(refusal(0)).toMatchObject({ to: "planned", pause: { reason, until: NOW + 300_000 } });
    expect(refusal(2)).toMatchObject({ to: "planned", pause: { reason, until: NOW + 1_200_000 } });
    expect(refusal(50)).toMatchObject({ pause: { until: NOW + defaultRules.refusedToken.limitMs } });
  },
);

test("for every failure the next state is one that a file being sent may take, and no file is tried before now", () => {
  const kinds: readonly MetrikaErrorKind[] = [
    ...(["throttled", "unauthorized", "forbidden", "rejected", "not_found"] as const),
    ...(["unavailable", "unreachable", "invalid_answer", "aborted"] as const),
  ];
  const facts = fc.record({
    kind: fc.constantFrom(...kinds),
    bodyMayHaveArrived: fc.boolean(),
    retryAfterSeconds: fc.option(fc.nat(100_000), { nil: undefined }),
  });
  fc.assert(
    fc.property(facts, fc.nat(100), fc.nat(100), ({ kind, ...change }, attempts, pauses) => {
      const upload = { ...sending, attempts };
      const { to, facts, pause } = outcomeOfSendError(exampleError(kind, change), upload, { ...at, pauses });
      expect(mayMove("sending", to)).toBe(true);
      if (to !== "failed") expect(facts.nextAttemptAt).toBeGreaterThanOrEqual(NOW);
      if (pause) expect(pause.until).toBeGreaterThan(NOW);
      const surelyNotThere = ["rejected", "not_found", "throttled"].includes(kind) || !change.bodyMayHaveArrived;
      expect(to === "uncertain").toBe(!surelyNotThere);
    }),
  );
});

test("for every instant the next midnight is a full day of GMT ahead at the most, and not past", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (now) => {
      const midnight = nextMidnight(now);
      expect(midnight % DAY).toBe(0);
      expect(midnight - now).toBeGreaterThan(0);
      expect(midnight - now).toBeLessThanOrEqual(DAY);
    }),
  );
});

test("an interval is shortened or lengthened by a twentieth at the most", () => {
  expect([0, 0.5, 1].map((chance) => jittered(1000, chance))).toEqual([950, 1000, 1050]);
});

test("after a fault of our own, such as a full disk, a file is tried again within a second, and within a minute later on", () => {
  const own = exampleError("aborted", { bodyMayHaveArrived: false });
  const at = { now: NOW, random: 0.99, rules: defaultRules, pauses: 0 };
  expect(whenAgain(own, 1, at).retryAt - NOW).toBeLessThanOrEqual(1000);
  expect(whenAgain(own, 50, at).retryAt - NOW).toBeLessThanOrEqual(60_000);
  expect(whenAgain(exampleError("unreachable"), 1, at).retryAt - NOW).toBeGreaterThan(5000);
});
