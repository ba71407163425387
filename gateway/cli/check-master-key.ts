import { loadMasterKeys } from "../../core/vault/load-master-keys.ts";
import { MasterKeyError } from "../../core/vault/master-key.ts";
import { createVault } from "../../core/vault/vault.ts";
import type { Config } from "../config.ts";
import { keyPlaces } from "../master-key.ts";

/**
 * Checks that a master key at hand opens a database, before it is put where a gateway would be started on it.
 * @param check the canary that the database was made with
 * @throws {MasterKeyError} with what to do; nothing was changed
 */
export async function checkMasterKey(config: Config, check: string): Promise<void> {
  const { keys } = await loadMasterKeys(keyPlaces(config, false));
  try {
    createVault(keys).verify(check);
  } catch (cause) {
    const held = config.secretKey === null ? config.masterKeyFile : "GATEWAY_SECRET_KEY";
    throw new MasterKeyError(
      "master_key_wrong",
      `${held} is not the master key that this database was made with, so its tokens could not be opened. Nothing was changed. Put the key of that gateway in ${config.masterKeyFile} or GATEWAY_SECRET_KEY and try again. If the key was changed since (rotate-key), give the former one in GATEWAY_PREVIOUS_SECRET_KEYS, then run rotate-key.`,
      { cause },
    );
  }
}
