import { expect, test } from "bun:test";
import { exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import type { OwnedSession, SigningKeyRecord, SigningKeyStore } from "../store/store.ts";
import { createVault } from "../vault/vault.ts";
import { createAccessTokens, TokenError } from "./access-tokens.ts";
import { createSigningKeys } from "./signing-keys.ts";

const ISSUER = "https://gateway.example.com/auth/v1";
const START = Date.parse("2026-11-23T12:00:00Z");
const DAY = 86_400_000;

const owned: OwnedSession = {
  session: {
    ...{ id: 1, uuid: "session-1", userId: 1, createdAt: START, refreshedAt: START, expiresAt: START + DAY },
    ...{ endedAt: null, userAgent: null, address: null },
  },
  user: {
    ...{ id: 1, uuid: "user-1", issuer: "local", subject: "user-1", email: "anna@example.com", name: null },
    ...{ createdAt: START, updatedAt: START, lastSeenAt: null },
  },
};

/** The table of keys that gateways share. */
function sharedKeys(): SigningKeyStore & { rows: SigningKeyRecord[]; reads: number } {
  const table = {
    rows: [] as SigningKeyRecord[],
    reads: 0,
    async list() {
      table.reads++;
      return table.rows.toSorted((a, b) => b.createdAt - a.createdAt || (a.kid < b.kid ? 1 : -1));
    },
    async add(key: Omit<SigningKeyRecord, "retiredAt">) {
      table.rows = table.rows.map((row) =>
        row.createdAt <= key.createdAt && row.retiredAt === null ? { ...row, retiredAt: key.createdAt } : row,
      );
      table.rows.push({ ...key, retiredAt: null });
    },
  };
  return table;
}

function startGateway(table = sharedKeys(), clock = { now: START }) {
  const vault = createVault(new Uint8Array(32).fill(1));
  const keys = createSigningKeys(table, vault, () => clock.now);
  return { table, clock, keys, tokens: createAccessTokens(keys, ISSUER, () => clock.now) };
}

const refusal = (verified: Promise<unknown>) =>
  verified.then(
    () => "accepted",
    (error: unknown) => (error instanceof TokenError ? (error.isExpired ? "expired" : "refused") : error),
  );

test("a token says whose session it is for an hour and no longer", async () => {
  const { tokens, clock } = startGateway();
  const { token, expiresAt } = await tokens.sign(owned);
  expect(expiresAt).toBe(START + 3_600_000);
  expect(await tokens.verify(token)).toEqual({ subject: "user-1", sessionId: "session-1", expiresAt });
  clock.now = expiresAt;
  expect(await refusal(tokens.verify(token))).toBe("expired");
});

test("a token that anybody else made is refused, however it is signed", async () => {
  const { tokens, keys } = startGateway();
  const { kid } = await keys.current();
  const [jwk] = await keys.published();
  const publicKey = (await importJWK(jwk ?? {}, "ES256")) as CryptoKey;
  const pem = new TextEncoder().encode(await exportSPKI(publicKey));
  const stranger = await generateKeyPair("ES256");
  const seconds = START / 1000;
  const claims = { sub: "user-1", session_id: "session-1", iss: ISSUER, aud: "authenticated", exp: seconds + 60 };
  const made = (payload: JWTPayload, header: { alg: string; kid?: string }, key: CryptoKey | Uint8Array) =>
    new SignJWT(payload).setProtectedHeader(header).sign(key);
  const forged = {
    unsigned: new UnsecuredJWT(claims).encode(),
    "unsigned, by its header only": `${Buffer.from(JSON.stringify({ alg: "none", kid })).toString("base64url")}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`,
    "by HMAC with the public key": await made(claims, { alg: "HS256", kid }, pem),
    "by another key under our name": await made(claims, { alg: "ES256", kid }, stranger.privateKey),
    "by a key that is not ours": await made(claims, { alg: "ES256", kid: "other" }, stranger.privateKey),
    "without a key's name": await made(claims, { alg: "ES256" }, stranger.privateKey),
    nonsense: "a.b.c",
    nothing: "",
  };
  for (const [how, token] of Object.entries(forged))
    expect([how, await refusal(tokens.verify(token))]).toEqual([how, "refused"]);
});

test("a token of ours for somebody else, from elsewhere, or with a letter changed is refused", async () => {
  const { tokens, keys } = startGateway();
  const { kid, key } = await keys.current();
  const seconds = START / 1000;
  const good = { sub: "user-1", session_id: "session-1", iss: ISSUER, aud: "authenticated", exp: seconds + 60 };
  const sign = (payload: JWTPayload) => new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid }).sign(key);
  expect(await refusal(tokens.verify(await sign(good)))).toBe("accepted");
  const { exp: _, ...endless } = good;
  const wrong = [
    { ...good, iss: "https://elsewhere.example/auth/v1" },
    { ...good, aud: "anon" },
    { ...good, session_id: undefined },
    { ...good, session_id: 7 },
    { ...good, nbf: seconds + 30 },
    endless,
  ];
  for (const payload of wrong) expect(await refusal(tokens.verify(await sign(payload)))).toBe("refused");
  const { token } = await tokens.sign(owned);
  const [head, body, signature] = token.split(".");
  const changed = Buffer.from(JSON.stringify({ ...good, sub: "user-2" })).toString("base64url");
  expect(await refusal(tokens.verify(`${head}.${changed}.${signature}`))).toBe("refused");
  expect(await refusal(tokens.verify(`${head}.${body}.`))).toBe("refused");
});

test("after ninety days another key signs, and what the old one signed stays good", async () => {
  const { tokens, clock, keys, table } = startGateway();
  const first = (await keys.current()).kid;
  clock.now = START + 90 * DAY - 60_000;
  const { token } = await tokens.sign(owned);
  clock.now = START + 90 * DAY;
  const second = (await keys.current()).kid;
  expect(second).not.toBe(first);
  expect(table.rows.map(({ retiredAt }) => retiredAt)).toEqual([clock.now, null]);
  expect((await tokens.verify(token)).subject).toBe("user-1");
  expect((await keys.published()).map(({ kid }) => kid)).toEqual([second, first]);
});

test("gateways that make a key at the same time agree on one and verify each other's tokens", async () => {
  const table = sharedKeys();
  const [one, other] = [startGateway(table), startGateway(table)];
  const signed = await Promise.all([one.tokens.sign(owned), other.tokens.sign(owned)]);
  for (const { token } of signed) {
    expect((await one.tokens.verify(token)).subject).toBe("user-1");
    expect((await other.tokens.verify(token)).subject).toBe("user-1");
  }
  for (const { clock } of [one, other]) clock.now += 61_000;
  expect((await one.keys.current()).kid).toBe((await other.keys.current()).kid);
});

test("a key that another gateway just made is known at once, and made-up names cost one reading together", async () => {
  const table = sharedKeys();
  const [one, other] = [startGateway(table), startGateway(table)];
  await other.keys.published();
  const { token } = await one.tokens.sign(owned);
  expect((await other.tokens.verify(token)).subject).toBe("user-1");
  const stranger = await generateKeyPair("ES256");
  const forged = await new SignJWT({}).setProtectedHeader({ alg: "ES256", kid: "made up" }).sign(stranger.privateKey);
  const before = table.reads;
  await Promise.all(Array.from({ length: 50 }, () => refusal(other.tokens.verify(forged))));
  expect(table.reads - before).toBeLessThanOrEqual(2);
});

test("published keys hold nothing private, and stored ones nothing readable", async () => {
  const { keys, table } = startGateway();
  await keys.current();
  const [jwk] = await keys.published();
  expect(jwk).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
  expect(jwk).not.toHaveProperty("d");
  expect(table.rows[0]?.publicJwk).not.toHaveProperty("d");
  expect(table.rows[0]?.sealedPrivateKey).toMatch(/^v1\./);
});

test("a database that does not answer is no fault of the token", async () => {
  const { tokens } = startGateway();
  const { token } = await tokens.sign(owned);
  const broken = new Error("gone");
  const table: SigningKeyStore = { list: () => Promise.reject(broken), add: () => Promise.reject(broken) };
  const away = createAccessTokens(
    createSigningKeys(table, createVault(new Uint8Array(32).fill(1)), () => START),
    ISSUER,
    () => START,
  );
  expect(await refusal(away.verify(token))).toBe(broken);
});
