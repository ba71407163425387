import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { KEY_BYTES, MAKE_A_KEY, MasterKeyError, parseMasterKey } from "./master-key.ts";
import type { RandomBytes } from "./secrets.ts";
import type { VaultKeys } from "./vault.ts";

/** Where the keys that a key file held before are kept until nothing is sealed with them any more: one a line. */
export const previousKeysFile = (file: string): string => `${file}.previous`;

/**
 * Reads the key of a key file; null when there is no file.
 * @throws {MasterKeyError}
 */
export async function readKeyFile(file: string): Promise<Uint8Array | null> {
  const text = await readText(file);
  return text === null ? null : parseMasterKey(text, `The key file ${file}`);
}

/**
 * Reads the keys that the key file held before; none when no change is under way.
 * @throws {MasterKeyError}
 */
export async function readPreviousKeys(file: string): Promise<readonly Uint8Array[]> {
  const before = previousKeysFile(file);
  const lines = ((await readText(before)) ?? "").split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => parseMasterKey(line, `The key file ${before}`));
}

/**
 * Puts a complete key under its name in one step; false when another start was first, whose key then counts.
 * @throws {MasterKeyError} `master_key_unreadable`
 */
export async function createKeyFile(file: string, key: Uint8Array): Promise<boolean> {
  return await written(file, textOf(key), async (draft) => {
    try {
      // Not a rename: link refuses an existing name, so the first start wins, and nobody ever sees half a key.
      await link(draft, file);
      return true;
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      throw error;
    }
  });
}

/**
 * Puts a new key in the place of a key file's and keeps the former beside it. Broken off at any point, the files hold the
 * key of whatever is sealed; called again while a change is under way, it makes no further key.
 * @returns what the files hold after that
 * @throws {MasterKeyError}
 */
export async function changeKeyFile(file: string, random: RandomBytes = randomBytes): Promise<VaultKeys> {
  const former = await readKeyFile(file);
  if (former === null) {
    throw new MasterKeyError(
      "master_key_missing",
      `The key file ${file} is gone. Put it back before its key is changed`,
    );
  }
  const kept = await readPreviousKeys(file);
  if (kept.some((key) => !Buffer.from(key).equals(former))) return { current: former, previous: kept };
  const current = random(KEY_BYTES);
  // The former key first: the new one may not stand alone for an instant.
  await replaceFile(previousKeysFile(file), textOf(former));
  await replaceFile(file, textOf(current));
  return { current, previous: [former] };
}

/**
 * Forgets the keys that a key file held before.
 * @throws {MasterKeyError} `master_key_unreadable`
 */
export async function dropPreviousKeys(file: string): Promise<void> {
  const before = previousKeysFile(file);
  try {
    await rm(before, { force: true });
    await syncFolder(dirname(file));
  } catch (cause) {
    const message = `The key file ${before} cannot be removed. Let the gateway write to that folder`;
    throw new MasterKeyError("master_key_unreadable", message, { cause });
  }
}

const textOf = (key: Uint8Array) => `${Buffer.from(key).toString("base64")}\n`;

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return null;
    const message = `The key file ${file} cannot be read; give the gateway's user the right to read it`;
    throw new MasterKeyError("master_key_unreadable", message, { cause });
  }
}

const replaceFile = (file: string, text: string) => written(file, text, (draft) => rename(draft, file));

/** Writes a draft beside the file (mode 0600, on disk) and has it put into place. */
async function written<T>(file: string, text: string, place: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${file}.${process.pid}-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(draft, text);
    const placed = await place(draft);
    await syncFolder(dirname(file));
    return placed;
  } catch (cause) {
    const message = `The key file ${file} cannot be made. Let the gateway write to that folder, or set GATEWAY_SECRET_KEY. ${MAKE_A_KEY}`;
    throw new MasterKeyError("master_key_unreadable", message, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "wx", 0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle?.close();
  }
}

/** A new name survives a power loss only once its folder is on disk; Windows cannot open folders and needs no sync. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
