import { existsSync } from "node:fs";
import type { KeyFile } from "../core/rotation/rotation.ts";
import { makeFolder } from "../core/store/sqlite/open.ts";
import type { Installation } from "../core/store/store.ts";
import { changeKeyFile, dropPreviousKeys } from "../core/vault/key-file.ts";
import { loadMasterKeys, type MasterKeyPlaces } from "../core/vault/load-master-keys.ts";
import { MasterKeyError } from "../core/vault/master-key.ts";
import type { MasterVault, VaultKeys } from "../core/vault/vault.ts";
import type { Config } from "./config.ts";

/** The master keys of a gateway, and the file whose key it can change by itself. */
export interface FoundKeys {
  readonly keys: VaultKeys;
  /** Null where the environment gives the key. */
  readonly keyFile: KeyFile | null;
}

/**
 * The master keys of the environment or the key file; a first start makes one. Beside a database that exists, a lost key
 * must stop the start: what the database holds sealed cannot be opened with a new one.
 * @throws {MasterKeyError} {DatabaseUnusableError}
 */
export async function findMasterKeys(config: Config): Promise<FoundKeys> {
  makeFolder(config.dataFolder);
  const { database } = config;
  const places = keyPlaces(config, database.kind === "sqlite" && !existsSync(database.file));
  const { keys, origin } = await loadMasterKeys(places);
  return { keys, keyFile: origin === "environment" ? null : keyFileOf(places) };
}

/** Where the configuration lets the master keys be looked for. */
export function keyPlaces(config: Config, mayGenerate: boolean): MasterKeyPlaces {
  return {
    value: config.secretKey ?? undefined,
    previous: config.previousSecretKeys ?? [],
    file: config.masterKeyFile,
    mayGenerate,
  };
}

function keyFileOf(places: MasterKeyPlaces): KeyFile {
  // With the previous keys of the environment, which the file knows nothing of.
  const held = async () => (await loadMasterKeys({ ...places, mayGenerate: false })).keys;
  return {
    async change() {
      await changeKeyFile(places.file);
      return held();
    },
    async dropFormer() {
      await dropPreviousKeys(places.file);
      return held();
    },
  };
}

/**
 * Has the vault of a gateway serve an installation. With another key, or another installation's, nothing sealed in its database
 * would open, so the start must not go on.
 * @throws {MasterKeyError} `master_key_wrong`
 */
export function adoptInstallation(vault: MasterVault, installation: Installation): void {
  try {
    vault.adopt(installation);
  } catch (cause) {
    const wrong =
      "The master key (GATEWAY_SECRET_KEY, or the file beside the database) is not the one this database was";
    const message =
      installation.sealedHashingKey === null
        ? `${wrong} made with. Put that key back; another one cannot open its tokens and secrets`
        : `${wrong} sealed with when its key was last changed (rotate-key). Give the key that was made then; the former one cannot open its tokens and secrets any more`;
    throw new MasterKeyError("master_key_wrong", message, { cause });
  }
}
