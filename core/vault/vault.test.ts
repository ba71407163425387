import { expect, test } from "bun:test";
import fc from "fast-check";
import { createVault, VaultError, type VaultErrorCode } from "./vault.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const vault = createVault(key(1));

function codeOf(act: () => unknown): VaultErrorCode | "no error" {
  try {
    act();
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
  return "no error";
}

test("for every text and context, what was sealed opens again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, context) => {
      expect(vault.open(vault.seal(text, context), context)).toBe(text);
    }),
    { numRuns: 200 },
  );
});

test("a text sealed twice looks different, and shows nothing of itself", () => {
  const first = vault.seal("y0_token", "credential:1");
  expect(first).toMatch(/^v1\.[\w-]{8}\.[\w-]+$/);
  expect(vault.seal("y0_token", "credential:1")).not.toBe(first);
  expect(first).not.toContain("y0_token");
});

test("a sealed text moved to another record does not open", () => {
  const sealed = vault.seal("y0_token", "credential:1");
  expect(codeOf(() => vault.open(sealed, "credential:2"))).toBe("vault_damaged");
});

test("for every changed character, a sealed text is refused", () => {
  const sealed = vault.seal("y0_token", "credential:1");
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom(..."Aa9_-.!"), (at, character) => {
      fc.pre(sealed[at] !== character);
      const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
      expect(codeOf(() => vault.open(changed, "credential:1"))).not.toBe("no error");
    }),
  );
});

test("a cut or foreign text is damaged, not a crash", () => {
  const sealed = vault.seal("y0_token", "a");
  for (const text of ["", "v1", "v2.x.y", sealed.slice(0, -1), sealed.slice(0, 20), `${sealed}A`, "y0_plain_token"]) {
    expect(codeOf(() => vault.open(text, "a"))).toBe("vault_damaged");
  }
});

test("another master key is recognised as wrong", () => {
  const sealed = vault.seal("y0_token", "a");
  expect(codeOf(() => createVault(key(2)).open(sealed, "a"))).toBe("vault_wrong_key");
});

test("the canary passes under its key and fails under another", () => {
  const check = vault.check();
  expect(codeOf(() => createVault(key(1)).verify(check))).toBe("no error");
  expect(codeOf(() => createVault(key(2)).verify(check))).toBe("vault_wrong_key");
  expect(codeOf(() => vault.verify("nonsense"))).toBe("vault_damaged");
});

test("after a rotation old texts open, are known as stale, and new ones carry the new key", () => {
  const old = vault.seal("y0_token", "a");
  const rotated = createVault({ current: key(2), previous: [key(1)] });
  expect(rotated.open(old, "a")).toBe("y0_token");
  expect(rotated.isStale(old)).toBe(true);
  const fresh = rotated.seal("y0_token", "a");
  expect(rotated.isStale(fresh)).toBe(false);
  expect(codeOf(() => vault.open(fresh, "a"))).toBe("vault_wrong_key");
  expect(codeOf(() => rotated.verify(vault.check()))).toBe("no error");
});

test("the keyed hash depends on key, purpose and value", () => {
  const hash = vault.hmac("source_key", "order-1");
  expect(hash).toMatch(/^[\w-]{43}$/);
  expect(vault.hmac("source_key", "order-1")).toBe(hash);
  expect(vault.hmac("identity", "order-1")).not.toBe(hash);
  expect(vault.hmac("source_key:order", "-1")).not.toBe(vault.hmac("source_key", "order:-1"));
  expect(createVault(key(2)).hmac("source_key", "order-1")).not.toBe(hash);
});

test("a keyed hash stays what it is through every change of the master key", () => {
  const hash = vault.hmac("source_key", "order-1");
  const founded = { vaultCheck: vault.check(), sealedHashingKey: null };
  const second = createVault({ current: key(2), previous: [key(1)] });
  second.adopt(founded);
  expect(second.hmac("source_key", "order-1")).toBe(hash);
  const third = createVault({ current: key(3), previous: [key(2)] });
  third.adopt(second.record());
  expect(third.hmac("source_key", "order-1")).toBe(hash);
  const alone = createVault(key(3));
  alone.adopt(third.record());
  expect(alone.hmac("source_key", "order-1")).toBe(hash);
});

test("the record of a changed key is refused by a vault with the former one alone", () => {
  const second = createVault({ current: key(2), previous: [key(1)] });
  second.adopt({ vaultCheck: vault.check(), sealedHashingKey: null });
  expect(codeOf(() => createVault(key(1)).adopt(second.record()))).toBe("vault_wrong_key");
});

test("a vault in use takes another key, and forgets one that is no longer given", () => {
  const inUse = createVault(key(1));
  const old = inUse.seal("y0_token", "a");
  const hash = inUse.hmac("token", "y0_token");
  inUse.hold({ current: key(2), previous: [key(1), key(2)] });
  expect(inUse.previousKeyIds).toEqual([vault.keyId]);
  expect(inUse.open(old, "a")).toBe("y0_token");
  expect(inUse.isStale(old)).toBe(true);
  expect(inUse.hmac("token", "y0_token")).toBe(hash);
  inUse.hold({ current: key(2) });
  expect(codeOf(() => inUse.open(old, "a"))).toBe("vault_wrong_key");
  expect(inUse.keyId).toBe(createVault(key(2)).keyId);
});

test("a nonce comes from the given source and is never reused by the vault itself", () => {
  let calls = 0;
  const counted = createVault(key(1), (bytes) => new Uint8Array(bytes).fill(++calls));
  expect(counted.open(counted.seal("a", "x"), "x")).toBe("a");
  expect(counted.seal("a", "x")).not.toBe(counted.seal("a", "x"));
  expect(calls).toBe(3);
});

test("a key of another length is refused", () => {
  expect(() => createVault(new Uint8Array(16))).toThrow("32 bytes, not 16");
});

test("an error names the record and no secret", () => {
  const sealed = vault.seal("y0_very_secret", "credential:1");
  try {
    vault.open(sealed, "credential:2");
  } catch (error) {
    expect(String(error)).toContain("credential:2");
    expect(String(error)).not.toContain("y0_very_secret");
  }
  expect.assertions(2);
});
