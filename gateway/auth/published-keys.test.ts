import { expect, test } from "bun:test";
import { createManualClock } from "../../core/metrika/clock.ts";
import { createFakeSupabase, type Reachability } from "../../tests/setup/fake-supabase.ts";
import { createPublishedKeys, readKeySet } from "./published-keys.ts";
import { createSupabaseSessions } from "./supabase-sessions.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function start() {
  const clock = createManualClock(Date.parse("2026-11-23T12:00:00Z"));
  const project = createFakeSupabase(clock);
  const { url, publishableKey, fetch } = project;
  const sessions = createSupabaseSessions({ url, publishableKey, fetch, now: clock.now, timeoutMs: 20 });
  const isAccepted = (token: string) =>
    sessions.verify(token).then(
      () => true,
      ({ code }: { readonly code: string }) => code,
    );
  return { clock, project, isAccepted };
}

/** Lets what a request left behind in the background come to its end. */
const background = () => Bun.sleep(0);

test("a rotated key is known with the first token it signed, and the former key stays good", async () => {
  const { clock, project, isAccepted } = start();
  const before = project.sign();
  expect(await isAccepted(before)).toBe(true);
  clock.advance(MINUTE);
  project.rotate();
  expect(await isAccepted(project.sign())).toBe(true);
  expect(await isAccepted(before)).toBe(true);
  expect(project.asked.jwks).toBe(2);
});

test("a storm of forged key ids asks for the keys once in ten seconds, and people are let in meanwhile", async () => {
  const { clock, project, isAccepted } = start();
  await isAccepted(project.sign());
  for (let second = 0; second < 30; second++) {
    const forged = Array.from({ length: 50 }, (_, number) => project.sign({}, { kid: `forged-${second}-${number}` }));
    expect(new Set(await Promise.all(forged.map(isAccepted)))).toEqual(new Set(["session_invalid"]));
    expect(await isAccepted(project.sign({ second }))).toBe(true);
    clock.advance(SECOND);
  }
  expect(project.asked).toEqual({ jwks: 3, user: 0 });
});

test("requests that come at once share one question for the keys", async () => {
  const { project, isAccepted } = start();
  const tokens = Array.from({ length: 100 }, (_, number) => project.sign({ number }));
  expect(new Set(await Promise.all(tokens.map(isAccepted)))).toEqual(new Set([true]));
  expect(project.asked.jwks).toBe(1);
});

const outages: readonly Reachability[] = ["refused", "silent", "broken", "throttled", "garbled"];

test.each(outages)(
  "while the keys cannot be read (%s), known keys are trusted for a day and unknown ones wait",
  async (outage) => {
    const { clock, project, isAccepted } = start();
    const lasting = (number: number) => project.sign({ number, exp: clock.now() / SECOND + 48 * 3600 });
    expect(await isAccepted(lasting(0))).toBe(true);
    project.reachability = outage;
    clock.advance(23 * HOUR + 59 * MINUTE);
    expect(await isAccepted(lasting(1))).toBe(true);
    expect(await isAccepted(project.sign({}, { kid: "new" }))).toBe("identity_unavailable");
    clock.advance(MINUTE);
    expect(await isAccepted(lasting(2))).toBe("identity_unavailable");
    project.reachability = "well";
    clock.advance(10 * SECOND);
    expect(await isAccepted(lasting(3))).toBe(true);
  },
);

test("an outage is met by one question in ten seconds, and nobody with a known key waits for it", async () => {
  const { clock, project, isAccepted } = start();
  await isAccepted(project.sign());
  project.reachability = "refused";
  clock.advance(10 * MINUTE);
  for (let second = 0; second < 30; second++) {
    expect(await isAccepted(project.sign({ second }))).toBe(true);
    clock.advance(SECOND);
  }
  expect(project.asked.jwks).toBe(4);
});

test("a withdrawn key is not trusted after the next refresh, nor is a token it signed that was verified just before", async () => {
  const { clock, project, isAccepted } = start();
  const stolen = project.sign();
  const stolenKey = project.keyId;
  await isAccepted(stolen);
  project.rotate();
  project.withdraw(stolenKey);
  clock.advance(10 * MINUTE);
  expect(await isAccepted(stolen)).toBe(true);
  await background();
  expect(await isAccepted(stolen)).toBe("session_invalid");
  expect(await isAccepted(project.sign())).toBe(true);
});

test("after a long silence a withdrawn key is refused at once", async () => {
  const { clock, project, isAccepted } = start();
  const stolen = project.sign();
  await isAccepted(stolen);
  project.withdraw(project.keyId);
  clock.advance(20 * MINUTE);
  expect(await isAccepted(stolen)).toBe("session_invalid");
});

test("a clock that is set back does not keep a withdrawn key alive", async () => {
  const { project, clock } = start();
  let now = clock.now();
  const keys = createPublishedKeys(
    async () => readKeySet(await (await project.fetch(`${project.url}/auth/v1/.well-known/jwks.json`, {})).json()),
    () => now,
  );
  expect(await keys.find(project.keyId)).not.toBeNull();
  project.withdraw(project.keyId);
  now -= HOUR;
  expect(await keys.find(project.keyId)).toBeNull();
  expect(keys.revision).toBe(1);
});

test("of a key set only public keys for signing are read, without what is no public part of them", () => {
  const point = { kty: "EC", crv: "P-256", x: "AQ", y: "Ag" } as const;
  const answer = {
    keys: [
      { ...point, kid: "good", use: "sig", alg: "ES256", key_ops: ["verify"], ext: true, d: "Aw" },
      { ...point, kid: "encrypts", use: "enc" },
      { ...point, kid: "curve", crv: "P-384" },
      { kty: "RSA", kid: "wider hash", alg: "RS512", n: "AQ", e: "AQAB" },
      { kty: "oct", kid: "shared", k: "c2VjcmV0" },
      { kty: "OKP", kid: "ed", crv: "Ed25519", x: "AQ" },
      { ...point },
      null,
    ],
  };
  expect([...readKeySet(answer)]).toEqual([
    ["good", { algorithm: "ES256", jwk: { ...point, kid: "good", use: "sig", alg: "ES256" } }],
  ]);
  expect(() => readKeySet({ error: "not found" })).toThrow();
});
