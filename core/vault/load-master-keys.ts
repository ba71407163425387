import { randomBytes } from "node:crypto";
import { createKeyFile, readKeyFile, readPreviousKeys } from "./key-file.ts";
import { KEY_BYTES, MasterKeyError, parseMasterKey } from "./master-key.ts";
import type { RandomBytes } from "./secrets.ts";
import type { VaultKeys } from "./vault.ts";

/** Where the master keys may come from. */
export interface MasterKeyPlaces {
  /** The value of `GATEWAY_SECRET_KEY`, if set; it goes before the file. */
  readonly value?: string | undefined;
  /** The values of `GATEWAY_PREVIOUS_SECRET_KEYS`: keys that open what they sealed, and seal nothing. */
  readonly previous?: readonly string[];
  /** The file that holds the key when the environment does not; keys that it held before stand beside it. */
  readonly file: string;
  /**
   * Whether a new key may be made when there is none. True only while there is no database: sealed texts of an existing
   * one cannot be opened with a new key, so a lost key must stop the start instead.
   */
  readonly mayGenerate: boolean;
}

/** The master keys and where the current one was found, for the log (the keys themselves never go there). */
export interface MasterKeys {
  readonly keys: VaultKeys;
  readonly origin: "environment" | "file" | "generated";
}

/**
 * Finds the master keys in the environment or the file, or makes one there (mode 0600, on disk before it is used). Two
 * starts at once end with the same key. Whether it is the key of this database, the caller checks with `vault.adopt`.
 * @throws {MasterKeyError}
 */
export async function loadMasterKeys(places: MasterKeyPlaces, random: RandomBytes = randomBytes): Promise<MasterKeys> {
  const { value, file } = places;
  const given = (places.previous ?? []).map((text) => parseMasterKey(text, "GATEWAY_PREVIOUS_SECRET_KEYS"));
  if (value !== undefined && value.trim() !== "") {
    return { keys: { current: parseMasterKey(value, "GATEWAY_SECRET_KEY"), previous: given }, origin: "environment" };
  }
  const kept = await readKeyFile(file);
  if (kept !== null) {
    return { keys: { current: kept, previous: [...given, ...(await readPreviousKeys(file))] }, origin: "file" };
  }
  if (!places.mayGenerate) {
    const message = `There is no master key: GATEWAY_SECRET_KEY is not set and ${file} does not exist. Put back the key this database was made with; a new one cannot open its tokens and secrets`;
    throw new MasterKeyError("master_key_missing", message);
  }
  const created = await createKeyFile(file, random(KEY_BYTES));
  const key = await readKeyFile(file);
  if (key === null) throw new MasterKeyError("master_key_missing", `${file} vanished right after it was made`);
  return { keys: { current: key, previous: given }, origin: created ? "generated" : "file" };
}
