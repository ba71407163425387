import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { RandomBytes } from "./secrets.ts";

/** What is wrong with the master key. */
export type MasterKeyErrorCode =
  | "master_key_missing"
  | "master_key_malformed"
  | "master_key_unreadable"
  | "master_key_wrong";

/** The gateway has no usable master key; the message says how to get one and never contains key material. */
export class MasterKeyError extends Error {
  readonly code: MasterKeyErrorCode;
  constructor(code: MasterKeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MasterKeyError";
    this.code = code;
  }
}

/** Where the master key may come from. */
export interface MasterKeyPlaces {
  /** The value of `GATEWAY_SECRET_KEY`, if set; it goes before the file. */
  readonly value?: string | undefined;
  /** The file that holds the key when the environment does not. */
  readonly file: string;
  /**
   * Whether a new key may be made when there is none. True only while there is no database: sealed texts of an existing
   * one cannot be opened with a new key, so a lost key must stop the start instead.
   */
  readonly mayGenerate: boolean;
}

/** The master key and where it was found, for the log (the key itself never goes there). */
export interface MasterKey {
  readonly key: Uint8Array;
  readonly origin: "environment" | "file" | "generated";
}

const KEY_BYTES = 32;
const MEND = "Make one with: openssl rand -base64 32";

/**
 * Reads a master key: 32 bytes in base64 (or base64url, with or without padding); spaces around it are ignored.
 * @param name what to call the key in the error, e.g. "GATEWAY_SECRET_KEY".
 * @throws {MasterKeyError} `master_key_malformed`
 */
export function parseMasterKey(text: string, name: string): Uint8Array {
  const trimmed = text.trim();
  const problem = (what: string) => new MasterKeyError("master_key_malformed", `${name} ${what}. ${MEND}`);
  if (!/^[\w+/-]+={0,2}$/.test(trimmed)) throw problem("is not base64");
  const key = Buffer.from(trimmed, "base64");
  if (key.length !== KEY_BYTES) throw problem(`holds ${key.length} bytes, but ${KEY_BYTES} are needed`);
  if (key.every((byte) => byte === key[0])) throw problem("is one byte repeated: a placeholder, not a key");
  return new Uint8Array(key);
}

/**
 * Finds the master key in the environment or the file, or makes one there (mode 0600, on disk before it is used). Two
 * starts at once end with the same key. Whether it is the key of this database, the caller checks with `vault.verify`.
 * @throws {MasterKeyError}
 */
export async function loadMasterKey(places: MasterKeyPlaces, random: RandomBytes = randomBytes): Promise<MasterKey> {
  if (places.value !== undefined && places.value.trim() !== "") {
    return { key: parseMasterKey(places.value, "GATEWAY_SECRET_KEY"), origin: "environment" };
  }
  const kept = await readKeyFile(places.file);
  if (kept !== null) return { key: kept, origin: "file" };
  if (!places.mayGenerate) {
    const message = `There is no master key: GATEWAY_SECRET_KEY is not set and ${places.file} does not exist. Put back the key this database was made with; a new one cannot open its tokens and secrets`;
    throw new MasterKeyError("master_key_missing", message);
  }
  const created = await createKeyFile(places.file, random(KEY_BYTES));
  const key = await readKeyFile(places.file);
  if (key === null) throw new MasterKeyError("master_key_missing", `${places.file} vanished right after it was made`);
  return { key, origin: created ? "generated" : "file" };
}

async function readKeyFile(file: string): Promise<Uint8Array | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return null;
    const message = `The key file ${file} cannot be read; give the gateway's user the right to read it`;
    throw new MasterKeyError("master_key_unreadable", message, { cause });
  }
  return parseMasterKey(text, `The key file ${file}`);
}

/** Puts a complete key under its name in one step; false when another start was first, whose key then counts. */
async function createKeyFile(file: string, key: Uint8Array): Promise<boolean> {
  const draft = `${file}.${process.pid}-${Buffer.from(randomBytes(6)).toString("hex")}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(draft, `${Buffer.from(key).toString("base64")}\n`);
    // Not a rename: link refuses an existing name, so the first start wins, and nobody ever sees half a key.
    await link(draft, file);
    await syncFolder(dirname(file));
    return true;
  } catch (cause) {
    if (isErrno(cause, "EEXIST")) return false;
    const message = `The key file ${file} cannot be made. Let the gateway write to that folder, or set GATEWAY_SECRET_KEY. ${MEND}`;
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
