import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { createManualClock } from "../../core/metrika/clock.ts";
import { ProblemError, problemDocument } from "../../core/plugin/problem.ts";
import { createFakeSupabase, type Members, token } from "../../tests/setup/fake-supabase.ts";
import { type SessionRefusal, sessionRefusals } from "./session-refusals.ts";
import { createSupabaseSessions } from "./supabase-sessions.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function start() {
  const clock = createManualClock(Date.parse("2026-11-23T12:00:00Z"));
  const project = createFakeSupabase(clock);
  const { url, publishableKey, fetch } = project;
  const sessions = createSupabaseSessions({ url, publishableKey, fetch, now: clock.now, timeoutMs: 50 });
  return { clock, project, sessions };
}

/** The refusal that a verification ends with: its reason where it has one, else its code. */
async function refusalOf(verification: Promise<unknown>): Promise<string> {
  const error = await verification.then(
    () => expect.unreachable("The session was accepted"),
    (error: unknown) => error,
  );
  if (!(error instanceof ProblemError)) throw error;
  const reason = Object.entries(sessionRefusals).find(([, sentence]) => sentence === error.params.reason)?.[0];
  return reason ?? error.code;
}

const seconds = (instant: number) => Math.floor(instant / SECOND);

test("a token of the project tells who signed in", async () => {
  const { clock, project, sessions } = start();
  const { subject, email, name, sessionId } = project.person;
  const expiresAt = clock.now() + HOUR;
  expect(await sessions.verify(project.sign())).toEqual({ subject, email, name, sessionId, expiresAt });
  expect(project.asked).toEqual({ jwks: 1, user: 0 });
});

test("who signed in without e-mail and name has none", async () => {
  const { project, sessions } = start();
  const claims = await sessions.verify(
    project.sign({ email: "", user_metadata: { name: " " }, session_id: undefined, is_anonymous: undefined }),
  );
  expect(claims).toMatchObject({ email: null, name: null, sessionId: null });
  expect(await sessions.verify(project.sign({ user_metadata: "none" }))).toMatchObject({ name: null });
  expect(await sessions.verify(project.sign({ user_metadata: { name: "Аня" } }))).toMatchObject({ name: "Аня" });
});

test("a token signed by RSA and one whose issuer ends with a slash are accepted", async () => {
  const { project, sessions } = start();
  project.rotate("RS256");
  await sessions.verify(project.sign({ iss: `${project.url}/auth/v1/`, aud: ["else", "authenticated"] }));
  expect(project.asked.user).toBe(0);
});

const wrongClaims: readonly [SessionRefusal | "session_expired", string, (now: number) => Members][] = [
  ["issuer", "another issuer", () => ({ iss: "https://other.supabase.test/auth/v1" })],
  ["issuer", "no issuer", () => ({ iss: undefined })],
  ["audience", "another audience", () => ({ aud: "anon" })],
  ["audience", "no audience", () => ({ aud: undefined })],
  ["session_expired", "an hour past", (now) => ({ exp: seconds(now - HOUR) })],
  ["malformed", "no end", () => ({ exp: undefined })],
  ["malformed", "an end in words", () => ({ exp: "never" })],
  ["malformed", "nobody's id", () => ({ sub: "" })],
  ["not_yet_valid", "a beginning in an hour", (now) => ({ nbf: seconds(now + HOUR) })],
  ["anonymous", "an anonymous sign-in", () => ({ is_anonymous: true })],
  ["anonymous", "an anonymous sign-in in words", () => ({ is_anonymous: "true" })],
  ["role", "the service role", () => ({ role: "service_role" })],
  ["role", "the anon role", () => ({ role: "anon" })],
];

test.each(wrongClaims)(
  "the refusal %s answers a token with %s, before anything is asked",
  async (refusal, _, claims) => {
    const { clock, project, sessions } = start();
    expect(await refusalOf(sessions.verify(project.sign(claims(clock.now()))))).toBe(refusal);
    expect(await refusalOf(sessions.verify(project.signWithSecret(claims(clock.now()))))).toBe(refusal);
    expect(project.asked).toEqual({ jwks: 0, user: 0 });
  },
);

test("a clock that differs by half a minute refuses nobody", async () => {
  const { clock, project, sessions } = start();
  await sessions.verify(project.sign({ exp: seconds(clock.now()) - 29 }));
  await sessions.verify(project.sign({ nbf: seconds(clock.now()) + 30 }));
  expect(await refusalOf(sessions.verify(project.sign({ exp: seconds(clock.now()) - 30 })))).toBe("session_expired");
});

const wrongHeaders: readonly [SessionRefusal, Members][] = [
  ["algorithm", { alg: "none" }],
  ["algorithm", { alg: undefined }],
  ["algorithm", { alg: "es256" }],
  ["algorithm", { alg: "EdDSA" }],
  ["algorithm", { alg: "HS512" }],
  ["algorithm", { alg: ["ES256"] }],
  ["algorithm", { crit: ["exp"] }],
  ["unknown_key", { kid: undefined }],
  ["unknown_key", { kid: { toString: "x" } }],
];

test.each(wrongHeaders)("the refusal %s answers the header %j, before anything is asked", async (refusal, header) => {
  const { project, sessions } = start();
  expect(await refusalOf(sessions.verify(project.sign({}, header)))).toBe(refusal);
  expect(project.asked).toEqual({ jwks: 0, user: 0 });
});

test("a token that names another algorithm than its key has is refused", async () => {
  const { project, sessions } = start();
  expect(await refusalOf(sessions.verify(project.sign({}, { alg: "RS256" })))).toBe("algorithm");
});

test("a token signed with the public key's text as a shared secret is refused", async () => {
  const { project, sessions } = start();
  const [header = "", payload = ""] = project.sign({}, { alg: "HS256" }).split(".");
  const text = `${header}.${payload}`;
  const forged = `${text}.${createHmac("sha256", project.publicKeyText()).update(text).digest("base64url")}`;
  expect(await refusalOf(sessions.verify(forged))).toBe("ended");
});

test("a token whose claims were changed after signing is refused, also when the true one was accepted", async () => {
  const { project, sessions } = start();
  const [header, , signature] = project.sign().split(".");
  await sessions.verify(project.sign());
  const [, payload] = project.sign({ sub: "somebody-else" }).split(".");
  expect(await refusalOf(sessions.verify(`${header}.${payload}.${signature}`))).toBe("signature");
});

const garbage = [
  "",
  " ",
  ".",
  "..",
  "a.b",
  "a.b.c",
  "a.b.c.d",
  "Bearer a.b.c",
  "mgw_01234567_secret",
  "sb_publishable_fake",
  "a\r\nb.c.d",
  "ключ.из.букв",
  `${btoa("[]")}.${btoa("{}")}.x`,
  `${btoa('"text"').replaceAll("=", "")}.e30.x`,
  `${btoa("null")}.${btoa("null")}.x`,
];

test.each(garbage)("%j is refused as no access token, before anything is asked", async (text) => {
  const { project, sessions } = start();
  expect(await refusalOf(sessions.verify(text))).toBe("malformed");
  expect(project.asked).toEqual({ jwks: 0, user: 0 });
});

test("a token without claims is refused", async () => {
  const { sessions } = start();
  const header = { alg: "ES256", kid: "k" };
  const unsigned = () => Buffer.from("signature");
  expect(await refusalOf(sessions.verify(token(header, {}, unsigned)))).toBe("role");
  expect(await refusalOf(sessions.verify(token(header, [] as never, unsigned)))).toBe("role");
});

test("a token of more than 8192 characters is refused without being read", async () => {
  const { project, sessions } = start();
  const long = project.sign({ user_metadata: { full_name: "x".repeat(8192) } });
  expect(await refusalOf(sessions.verify(long))).toBe("too_long");
  expect(await refusalOf(sessions.verify("x".repeat(50_000_000)))).toBe("too_long");
  expect(project.asked).toEqual({ jwks: 0, user: 0 });
});

test("a refusal says in both languages why, and how to go on", async () => {
  const { project, sessions } = start();
  const error = await sessions.verify(project.sign({ is_anonymous: true })).catch((error: unknown) => error);
  const detail = (language: "ru" | "en") => problemDocument(error as ProblemError, { language, requestId: "r" }).detail;
  expect(detail("ru")).toBe("Сеанс входа не принят: анонимный вход не даёт доступа. Войдите заново.");
  expect(detail("en")).toBe("The session was not accepted: an anonymous sign-in gives no access. Sign in again.");
});

test("a key that cannot be used refuses the tokens that name it, and no others", async () => {
  const { project, sessions } = start();
  project.publish({ kty: "EC", crv: "P-256", kid: "bent", x: "AAAA", y: "AAAA" });
  project.publish({ kty: "oct", kid: "shared", k: "c2VjcmV0" });
  expect(await refusalOf(sessions.verify(project.sign({}, { kid: "bent" })))).toBe("signature");
  expect(await refusalOf(sessions.verify(project.sign({}, { kid: "shared" })))).toBe("unknown_key");
  await sessions.verify(project.sign());
  expect(project.asked.user).toBe(0);
});

test("a token verified within the last minute is accepted without being verified again", async () => {
  const { clock, project, sessions } = start();
  const session = project.sign();
  await sessions.verify(session);
  project.withdraw(project.keyId);
  clock.advance(59 * SECOND);
  await sessions.verify(session);
  expect(project.asked.jwks).toBe(1);
});

test("a token is not accepted after its end because it was verified shortly before", async () => {
  const { clock, project, sessions } = start();
  const session = project.sign({ exp: seconds(clock.now()) + 10 });
  await sessions.verify(session);
  clock.advance(40 * SECOND);
  expect(await refusalOf(sessions.verify(session))).toBe("session_expired");
});

test("a token of a project with a shared secret is put before the project, once a minute", async () => {
  const { clock, project, sessions } = start();
  const session = project.signWithSecret({}, { kid: "secret" });
  const [claims] = await Promise.all([sessions.verify(session), sessions.verify(session), sessions.verify(session)]);
  expect(claims.subject).toBe(project.person.subject);
  clock.advance(59 * SECOND);
  await sessions.verify(session);
  expect(project.asked).toEqual({ jwks: 0, user: 1 });
  clock.advance(SECOND);
  await sessions.verify(session);
  expect(project.asked.user).toBe(2);
});

test("a session of a shared secret that was ended is refused within a minute", async () => {
  const { clock, project, sessions } = start();
  const session = project.signWithSecret();
  await sessions.verify(session);
  project.end(project.person.sessionId);
  clock.advance(MINUTE);
  expect(await refusalOf(sessions.verify(session))).toBe("ended");
});

test("a flood of tokens with forged shared secrets makes no more than eight questions at a time", async () => {
  const { project, sessions } = start();
  project.reachability = "silent";
  const forged = Array.from({ length: 500 }, (_, number) => sessions.verify(project.signWithSecret({ number })));
  const refusals = await Promise.all(forged.map(refusalOf));
  expect(new Set(refusals)).toEqual(new Set(["identity_unavailable"]));
  expect(project.asked.user).toBe(8);
  project.reachability = "well";
  await sessions.verify(project.signWithSecret());
});

test.each(["refused", "silent", "broken", "throttled", "garbled"] as const)(
  "while the project is %s, nobody unknown is refused for good: the answer says when to come back",
  async (reachability) => {
    const { project, sessions } = start();
    project.reachability = reachability;
    for (const session of [project.sign(), project.signWithSecret()]) {
      const error = await sessions.verify(session).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "identity_unavailable", status: 503 });
      expect((error as ProblemError).headers["retry-after"]).toMatch(/^(5|10)$/);
      expect(Bun.inspect(error)).not.toContain(session);
    }
  },
);

test("a wrong publishable key is the operator's fault, not the person's", async () => {
  const { clock, project } = start();
  const { url, fetch } = project;
  const sessions = createSupabaseSessions({
    url: `${url}/`,
    publishableKey: "sb_publishable_old",
    fetch,
    now: clock.now,
  });
  expect(await refusalOf(sessions.verify(project.signWithSecret()))).toBe("identity_unavailable");
});

test("what the project is told travels in headers and follows no redirect", async () => {
  const { clock, project } = start();
  const requests: { address: string; init: RequestInit }[] = [];
  const sessions = createSupabaseSessions({
    ...{ url: project.url, publishableKey: project.publishableKey, now: clock.now },
    fetch: (address, init) => {
      requests.push({ address, init });
      return project.fetch(address, init);
    },
  });
  await sessions.verify(project.sign());
  await sessions.verify(project.signWithSecret());
  expect(requests.map(({ address }) => new URL(address).pathname)).toEqual([
    "/auth/v1/.well-known/jwks.json",
    "/auth/v1/user",
  ]);
  expect(requests.every(({ address, init }) => new URL(address).search === "" && init.redirect === "error")).toBe(true);
});
