import { expect, test } from "bun:test";
import fc from "fast-check";
import { hashSecret } from "../../vault/secrets.ts";
import { sharedSecret } from "./shared-secret.ts";
import type { SenderSecrets } from "./verifier.ts";

const SECRET = "q9F2vZ0aYcH7uJpXn4mKsTbLwEdRgI8oP1yVx3N6Qf0";
const OLD = "an older secret";
const secrets = (...texts: readonly string[]): SenderSecrets => ({ hashes: texts.map(hashSecret), keys: [] });
const verifier = sharedSecret("X-Webhook-Secret");
const verify = (secret: string | null, known = secrets(SECRET)) =>
  verifier.verify(new Headers(secret === null ? {} : { "x-webhook-secret": secret }), known);

test("the right secret is right, and its header is named", () => {
  expect(verify(SECRET)).toBe("right");
  expect(verifier.place.en).toBe("in the header X-Webhook-Secret");
});

test("no secret, or an empty one, is missing", () => {
  expect(verify(null)).toBe("missing");
  expect(verify("")).toBe("missing");
});

test("whatever is not exactly the secret is wrong", () => {
  const flipped = `r${SECRET.slice(1)}`;
  const hash = Buffer.from(hashSecret(SECRET)).toString("hex");
  const wrong = [SECRET.slice(0, 8), SECRET.slice(0, -1), `${SECRET}0`, SECRET.toLowerCase(), flipped, hash];
  for (const presented of [...wrong, `${SECRET}, ${SECRET}`, `Bearer ${SECRET}`, "null", "undefined"])
    expect(verify(presented)).toBe("wrong");
});

test("a header that comes twice is wrong, even with the right secret", () => {
  const headers = new Headers({ "x-webhook-secret": SECRET });
  headers.append("x-webhook-secret", SECRET);
  expect(verifier.verify(headers, secrets(SECRET))).toBe("wrong");
});

test("a source without a secret, and an unknown one, accept nothing", () => {
  expect(verify(SECRET, secrets())).toBe("wrong");
});

test("during a rotation both secrets are right", () => {
  expect(verify(SECRET, secrets(SECRET, OLD))).toBe("right");
  expect(verify(OLD, secrets(SECRET, OLD))).toBe("right");
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
