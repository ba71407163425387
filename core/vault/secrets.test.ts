import { expect, test } from "bun:test";
import fc from "fast-check";
import { cpuMs } from "../../tests/setup/cpu-time.ts";
import { apiKeyPrefix, hashSecret, newApiKey, newSecret, secretMatches } from "./secrets.ts";

test("a new secret is 32 random bytes in base64url, never the same twice", () => {
  const secret = newSecret();
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(newSecret()).not.toBe(secret);
  expect(newSecret((bytes) => new Uint8Array(bytes))).toBe("A".repeat(43));
});

test("only the exact secret matches", () => {
  const secret = newSecret();
  const hashes = [hashSecret(secret)];
  expect(secretMatches(secret, hashes)).toBe(true);
  const wrong = ["", secret.slice(0, -1), `${secret}A`, secret.toUpperCase(), ` ${secret}`, `${secret}, ${secret}`];
  for (const presented of wrong) expect(secretMatches(presented, hashes)).toBe(false);
});

test("for every other text, the secret does not match", () => {
  const hashes = [hashSecret("the secret")];
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(secretMatches(text, hashes)).toBe(text === "the secret");
    }),
  );
});

test("both secrets match while a rotation lasts, and none when there is none", () => {
  const hashes = [hashSecret("new"), hashSecret("old")];
  expect(secretMatches("new", hashes)).toBe(true);
  expect(secretMatches("old", hashes)).toBe(true);
  expect(secretMatches("older", hashes)).toBe(false);
  expect(secretMatches("new", [])).toBe(false);
  expect(secretMatches("new", [new Uint8Array(0)])).toBe(false);
});

test("an API key is shown whole, found by its prefix and kept as a hash", () => {
  const { key, prefix, hash } = newApiKey();
  expect(key).toMatch(/^mgw_[0-9a-z]{8}_[\w-]{43}$/);
  expect(apiKeyPrefix(key)).toBe(prefix);
  expect(secretMatches(key, [hash])).toBe(true);
  expect(Buffer.from(hash).toString("latin1")).not.toContain(prefix);
});

test("a text that is no API key has no prefix", () => {
  const { key } = newApiKey();
  for (const text of ["", "mgw_", key.slice(0, -1), `${key}A`, `x${key}`, key.replace("mgw", "MGW"), `${key}\n`]) {
    expect(apiKeyPrefix(text)).toBeNull();
  }
});

test("comparing costs at most 3 µs, right or wrong", () => {
  const secret = newSecret();
  const hashes = [hashSecret(secret), hashSecret(newSecret())];
  const wrong = newSecret();
  const rounds = 20_000;
  const fastest = Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = cpuMs();
      for (let i = 0; i < rounds; i++) secretMatches(i % 2 === 0 ? secret : wrong, hashes);
      return ((cpuMs() - start) * 1000) / rounds;
    }),
  );
  expect(fastest).toBeLessThan(3);
});
