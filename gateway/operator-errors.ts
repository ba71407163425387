import { PluginUnfitError } from "../core/sources/plugin-catalogue.ts";
import { DatabaseInUseError, DatabaseUnusableError } from "../core/store/database-errors.ts";
import { MasterKeyError } from "../core/vault/master-key.ts";
import { ConfigError } from "./config.ts";
import { AddressUnusableError } from "./serve.ts";

const KINDS = [
  ConfigError,
  MasterKeyError,
  DatabaseInUseError,
  DatabaseUnusableError,
  PluginUnfitError,
  AddressUnusableError,
] as const;

/** Why a start failed, for a terminal: what the operator can mend is a sentence, everything else keeps its stack. */
export function explainFailure(error: unknown): string {
  const forOperator = KINDS.some((kind) => error instanceof kind);
  return forOperator ? (error as Error).message : Bun.inspect(error);
}
