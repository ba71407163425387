import { afterAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changeKeyFile, dropPreviousKeys, readKeyFile, readPreviousKeys } from "./key-file.ts";

const folder = mkdtempSync(join(tmpdir(), "key-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (key: Uint8Array | undefined | null) => Buffer.from(key ?? []).toString("base64");

/** A folder with a key file in it. */
function keyFile(): { file: string; key: string } {
  const file = join(folder, randomBytes(4).toString("hex"), "master.key");
  mkdirSync(join(file, ".."));
  const key = randomBytes(32).toString("base64");
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return { file, key };
}

test("a changed key file holds a new key, and the former stands beside it for its owner alone", async () => {
  const { file, key } = keyFile();
  const { current, previous } = await changeKeyFile(file);
  expect(text(current)).not.toBe(key);
  expect(previous?.map(text)).toEqual([key]);
  expect(text(await readKeyFile(file))).toBe(text(current));
  expect((await readPreviousKeys(file)).map(text)).toEqual([key]);
  expect(readdirSync(join(file, "..")).sort()).toEqual(["master.key", "master.key.previous"]);
  if (process.platform !== "win32") expect(statSync(`${file}.previous`).mode & 0o777).toBe(0o600);
});

test("a change that is under way makes no further key", async () => {
  const { file } = keyFile();
  const first = await changeKeyFile(file);
  expect(await changeKeyFile(file)).toEqual({
    current: new Uint8Array(first.current),
    previous: (first.previous ?? []).map((key) => new Uint8Array(key)),
  });
});

test("a change that was broken off before the new key was there is made once more", async () => {
  const { file, key } = keyFile();
  writeFileSync(`${file}.previous`, readFileSync(file));
  const { current, previous } = await changeKeyFile(file);
  expect(text(current)).not.toBe(key);
  expect(previous?.map(text)).toEqual([key]);
});

test("after the former key was dropped the next change makes a key again", async () => {
  const { file } = keyFile();
  const first = await changeKeyFile(file);
  await dropPreviousKeys(file);
  expect(existsSync(`${file}.previous`)).toBe(false);
  await dropPreviousKeys(file);
  const second = await changeKeyFile(file);
  expect(second.previous?.map(text)).toEqual([text(first.current)]);
});

test("a key file that is gone is not replaced by a new key", async () => {
  const { file } = keyFile();
  rmSync(file);
  expect(changeKeyFile(file)).rejects.toThrow("Put it back");
  expect(existsSync(file)).toBe(false);
});
