import { loadMasterKey, MasterKeyError } from "../../core/vault/master-key.ts";
import { createVault } from "../../core/vault/vault.ts";
import type { Config } from "../config.ts";

/**
 * Checks that the master key at hand opens a database, before it is put where a gateway would be started on it.
 * @param check the canary that the database was made with
 * @returns the key, 32 bytes
 * @throws {MasterKeyError} with what to do; nothing was changed
 */
export async function checkMasterKey(config: Config, check: string): Promise<Uint8Array> {
  const { key } = await loadMasterKey({
    value: config.secretKey ?? undefined,
    file: config.masterKeyFile,
    mayGenerate: false,
  });
  try {
    createVault(key).verify(check);
    return key;
  } catch (cause) {
    const held = config.secretKey === null ? config.masterKeyFile : "GATEWAY_SECRET_KEY";
    throw new MasterKeyError(
      "master_key_wrong",
      `${held} is not the master key that this database was made with, so its tokens could not be opened. Nothing was changed. Put the key of that gateway in ${config.masterKeyFile} or GATEWAY_SECRET_KEY and try again.`,
      { cause },
    );
  }
}
