import { afterAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMasterKeys } from "./load-master-keys.ts";
import { MasterKeyError, parseMasterKey } from "./master-key.ts";

const folder = mkdtempSync(join(tmpdir(), "master-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function errorOf(act: () => unknown): Promise<MasterKeyError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof MasterKeyError) return error;
    throw error;
  }
  throw new Error("No error was thrown");
}

const good = randomBytes(32);

test("a key in the environment goes before the file", async () => {
  const found = await loadMasterKeys({
    value: good.toString("base64"),
    file: join(folder, "none"),
    mayGenerate: false,
  });
  expect(found.origin).toBe("environment");
  expect(Buffer.from(found.keys.current)).toEqual(good);
});

test("keys that open without sealing come from the environment and from beside the file", async () => {
  const file = join(folder, "several.key");
  const [current, kept, given] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  writeFileSync(file, current.toString("base64"));
  writeFileSync(`${file}.previous`, `${kept.toString("base64")}\n`);
  const previous = [given.toString("base64")];
  const { keys } = await loadMasterKeys({ previous, file, mayGenerate: false });
  expect(keys.previous?.map((key) => Buffer.from(key))).toEqual([given, kept]);
  const named = await loadMasterKeys({ value: good.toString("base64"), previous, file, mayGenerate: false });
  expect(named.keys.previous?.map((key) => Buffer.from(key))).toEqual([given]);
});

test("base64url and surrounding white space are understood", () => {
  expect(Buffer.from(parseMasterKey(` ${good.toString("base64url")}\n`, "KEY"))).toEqual(good);
});

test("the first start makes a key that only the owner may read, and later starts find it", async () => {
  const file = join(folder, "first", "master.key");
  const made = await loadMasterKeys({ file, mayGenerate: true });
  expect(made.origin).toBe("generated");
  if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  const found = await loadMasterKeys({ value: "", file, mayGenerate: false });
  expect(found).toEqual({ keys: { current: made.keys.current, previous: [] }, origin: "file" });
  expect(readdirSync(join(folder, "first"))).toEqual(["master.key"]);
});

test("starts at the same moment end with one and the same key", async () => {
  const file = join(folder, "together", "master.key");
  const keys = await Promise.all(Array.from({ length: 10 }, () => loadMasterKeys({ file, mayGenerate: true })));
  expect(new Set(keys.map((found) => Buffer.from(found.keys.current).toString("hex"))).size).toBe(1);
  expect(keys.filter(({ origin }) => origin === "generated")).toHaveLength(1);
});

test("a missing key is not replaced where a database exists", async () => {
  const error = await errorOf(() => loadMasterKeys({ file: join(folder, "lost.key"), mayGenerate: false }));
  expect(error.code).toBe("master_key_missing");
  expect(error.message).toContain("lost.key");
});

test("a key of the wrong length, not base64 or a placeholder is refused with the mend and without the key", async () => {
  const cases = [
    [randomBytes(16).toString("base64"), "16 bytes"],
    ["пароль от шлюза", "not base64"],
    [Buffer.alloc(32).toString("base64"), "placeholder"],
  ] as const;
  for (const [value, words] of cases) {
    const error = await errorOf(() => loadMasterKeys({ value, file: join(folder, "x"), mayGenerate: true }));
    expect(error.code).toBe("master_key_malformed");
    expect(error.message).toContain(words);
    expect(error.message).toContain("openssl rand -base64 32");
    expect(error.message).not.toContain(value);
  }
});

test("an emptied key file stops the start instead of being overwritten", async () => {
  const file = join(folder, "empty.key");
  writeFileSync(file, "");
  const error = await errorOf(() => loadMasterKeys({ file, mayGenerate: true }));
  expect(error.code).toBe("master_key_malformed");
  expect(error.message).toContain("empty.key");
});

test("a key file that cannot be read or made names the file", async () => {
  const unreadable = await errorOf(() => loadMasterKeys({ file: folder, mayGenerate: true }));
  expect(unreadable.code).toBe("master_key_unreadable");
  writeFileSync(join(folder, "a-file"), "");
  const unmakable = await errorOf(() => loadMasterKeys({ file: join(folder, "a-file", "key"), mayGenerate: true }));
  expect(unmakable.code).toBe("master_key_unreadable");
});
