import { existsSync } from "node:fs";
import { makeFolder } from "../core/store/sqlite/open.ts";
import { loadMasterKey, MasterKeyError } from "../core/vault/master-key.ts";
import type { Vault } from "../core/vault/vault.ts";
import type { Config } from "./config.ts";

/**
 * The master key of the environment or the key file; a first start makes one. Beside a database that exists, a lost key
 * must stop the start: what the database holds sealed cannot be opened with a new one.
 * @throws {MasterKeyError} {DatabaseUnusableError}
 */
export async function findMasterKey(config: Config): Promise<Uint8Array> {
  makeFolder(config.dataFolder);
  const { database } = config;
  const mayGenerate = database.kind === "sqlite" && !existsSync(database.file);
  const { key } = await loadMasterKey({
    value: config.secretKey ?? undefined,
    file: config.masterKeyFile,
    mayGenerate,
  });
  return key;
}

/**
 * Another key, or another installation's: nothing sealed in this database would open, so the start must not go on.
 * @param check the canary that the database was made with
 * @throws {MasterKeyError} `master_key_wrong`
 */
export function verifyMasterKey(vault: Vault, check: string): void {
  try {
    vault.verify(check);
  } catch (cause) {
    const message =
      "The master key (GATEWAY_SECRET_KEY, or the file beside the database) is not the one this database was made with. Put that key back; another one cannot open its tokens and secrets";
    throw new MasterKeyError("master_key_wrong", message, { cause });
  }
}
