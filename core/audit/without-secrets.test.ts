import { expect, test } from "bun:test";
import fc from "fast-check";
import { newApiKey, newSecret } from "../vault/secrets.ts";
import { withoutSecrets } from "./without-secrets.ts";

const yandexToken = "y0_AgAAAABpQkVZAAo1DQAAAADrJOF9YTQzNmE5OTg5NDQwMjk5OWE1YzRkYmNiNTZkMmYxMg";
const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2lnbmF0dXJl";

const secretNames = [
  ...["token", "access_token", "refreshToken", "sealed_token", "secret", "clientSecret", "webhook-secret", "password"],
  ...["newPassword", "passphrase", "code", "setup_code", "invitationCode", "key", "api_key", "apikey", "private_key"],
  ...["authorization", "Authorization", "cookie", "codeVerifier", "tokenHash", "secret_hash", "TOKEN"],
];

const openNames = [
  ...["name", "email", "role", "counter_id", "error_code", "api_key_id", "credential_id", "token_expires_at"],
  ...["prefix", "monkey", "decoder", "key_prefix", "time_zone", "currency_code", "scopes"],
];

test.each(secretNames)("what stands under the name %s is masked, whatever it is and however deep it lies", (name) => {
  const planted = { list: [{ [name]: "hunter2" }], [name]: { deeper: "hunter2" } };
  expect(JSON.stringify(withoutSecrets(planted))).not.toContain("hunter2");
  expect<unknown>(withoutSecrets({ [name]: 482913 })).toEqual({ [name]: "***" });
  expect(withoutSecrets({ [name]: true, other: null })).toEqual({ [name]: true, other: null });
});

test.each(openNames)("what stands under the name %s stays as it is", (name) => {
  expect(withoutSecrets({ [name]: "plain" })).toEqual({ [name]: "plain" });
});

test("for every place in every structure, a secret with a known shape is not written down", () => {
  const secrets = fc.constantFrom("secret", "api_key", "yandex", "jwt").map((kind) => {
    if (kind === "secret") return newSecret();
    if (kind === "api_key") return newApiKey().key;
    return kind === "yandex" ? yandexToken : jwt;
  });
  const open = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const around = fc.constantFrom<(secret: string) => string>(
    (secret) => secret,
    (secret) => `Bearer ${secret}`,
    (secret) => `sent with "${secret}" in the year 2026`,
    (secret) => `https://user:${secret}@example.com/`,
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constant("<here>"),
      open,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("name", "note", "<here>", "stages"), tie("tree"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(secrets, around, tree, (secret, wrap, structure) => {
      const planted = JSON.parse(JSON.stringify({ "<here>": "<here>", structure }), (_, value) =>
        typeof value === "string" ? value.replaceAll("<here>", wrap(secret)) : renamed(value, wrap(secret)),
      );
      const written = JSON.stringify(withoutSecrets(planted));
      expect(written).not.toContain(secret);
      expect(written).not.toContain(secret.slice(13));
    }),
  );
});

const renamed = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key === "<here>" ? name : key, member]))
    : value;

test("addresses and telephones stay: the audit tells who was invited", () => {
  const told = { email: "ivanov@example.com", name: "Отдел продаж +7 916 123-45-67" };
  expect(withoutSecrets(told)).toEqual(told);
});

test("what a database would refuse is made plain JSON, also what contains itself", () => {
  const endless: Record<string, unknown> = {
    at: new Date(0),
    big: 12n,
    zero: "a\u0000b",
    torn: "\ud800",
    nan: Number.NaN,
  };
  endless.self = endless;
  const { self: _, ...rest } = withoutSecrets(endless);
  expect(rest).toEqual({ at: "1970-01-01T00:00:00.000Z", big: "12", zero: "ab", torn: "\ufffd", nan: "NaN" });
  expect(() => JSON.stringify(withoutSecrets(endless))).not.toThrow();
});
