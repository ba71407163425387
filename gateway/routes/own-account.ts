import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import type { AccountRecord, Store } from "../../core/store/store.ts";
import { invalidFields } from "../http/field-faults.ts";
import { sourceChecks } from "./source-fields.ts";

async function connected({ accounts }: Pick<Store, "accounts">, workspaceId: number, uuid: string) {
  const account = await accounts.findByUuid(uuid);
  return account?.workspaceId === workspaceId && account.disconnectedAt === null ? account : null;
}

/**
 * The connected account that a body names in `account_id`.
 * @throws {ProblemError} `invalid_field`; another workspace's account in the same words as one that does not exist
 */
export async function accountOfField(
  store: Pick<Store, "accounts">,
  workspaceId: number,
  uuid: string,
): Promise<AccountRecord> {
  const account = await connected(store, workspaceId, uuid);
  if (account !== null) return account;
  const [code, params] = ["account_unknown", { received: quoteValue(uuid) }] as const;
  throw invalidFields([{ field: "account_id", code, sentence: sourceChecks[code], params }]);
}

/**
 * The connected account that an address names.
 * @throws {ProblemError} `not_found`
 */
export async function accountOfPath(
  store: Pick<Store, "accounts">,
  workspaceId: number,
  { uuid, path }: { readonly uuid: string; readonly path: string },
): Promise<AccountRecord> {
  const account = await connected(store, workspaceId, uuid);
  if (account === null) throw new ProblemError("not_found", { path: quoteValue(path) });
  return account;
}
