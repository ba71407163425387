import { expect, test } from "bun:test";
import fc from "fast-check";
import type { SourceRecord } from "../store/store.ts";
import { hashSecret } from "../vault/secrets.ts";
import { sharedSecret } from "./verifiers.ts";

const NOW = 1_000_000;
const SECRET = "q9F2vZ0aYcH7uJpXn4mKsTbLwEdRgI8oP1yVx3N6Qf0";
const OLD = "an older secret";
const hashOf = (secret: string) => Buffer.from(hashSecret(secret)).toString("hex");
const source = (change: Partial<SourceRecord> = {}) => {
  const secrets = { secretHash: hashOf(SECRET), previousSecretHash: null, previousSecretExpiresAt: null };
  return { ...secrets, ...change } as SourceRecord;
};
const verifier = sharedSecret("X-Webhook-Secret");
const verify = (secret: string | null, one: SourceRecord | null = source(), now = NOW) =>
  verifier.verify(new Headers(secret === null ? {} : { "x-webhook-secret": secret }), one, now);

test("the right secret is right, and its header is named", () => {
  expect(verify(SECRET)).toBe("right");
  expect(verifier.header).toBe("X-Webhook-Secret");
});

test("no secret, or an empty one, is missing", () => {
  expect(verify(null)).toBe("missing");
  expect(verify("")).toBe("missing");
});

test("whatever is not exactly the secret is wrong", () => {
  const flipped = `r${SECRET.slice(1)}`;
  const wrong = [SECRET.slice(0, 8), SECRET.slice(0, -1), `${SECRET}0`, SECRET.toLowerCase(), flipped, hashOf(SECRET)];
  for (const presented of [...wrong, `${SECRET}, ${SECRET}`, `Bearer ${SECRET}`, "null", "undefined"])
    expect(verify(presented)).toBe("wrong");
});

test("a header that comes twice is wrong, even with the right secret", () => {
  const headers = new Headers({ "x-webhook-secret": SECRET });
  headers.append("x-webhook-secret", SECRET);
  expect(verifier.verify(headers, source(), NOW)).toBe("wrong");
});

test("an unknown source, and one without a secret, accept nothing", () => {
  expect(verify(SECRET, null)).toBe("wrong");
  expect(verify(SECRET, source({ secretHash: null }))).toBe("wrong");
});

test("during a rotation both secrets are right, and the old one until its last moment only", () => {
  const rotated = source({ previousSecretHash: hashOf(OLD), previousSecretExpiresAt: NOW + 1 });
  expect(verify(SECRET, rotated)).toBe("right");
  expect(verify(OLD, rotated)).toBe("right");
  expect(verify(OLD, rotated, NOW + 1)).toBe("wrong");
  expect(verify(SECRET, rotated, NOW + 1)).toBe("right");
  expect(verify(OLD, source({ previousSecretHash: hashOf(OLD) }))).toBe("wrong");
});

test("for every other text the answer is wrong or missing", () => {
  const printable = fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)) });
  fc.assert(
    fc.property(
      printable.filter((text) => text !== SECRET),
      (text) => {
        expect(verify(text)).toBe(text === "" ? "missing" : "wrong");
      },
    ),
  );
});
