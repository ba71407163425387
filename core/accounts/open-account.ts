import type { AccountRecord, Store } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";
import type { Vault } from "../vault/vault.ts";

/** By what requests on behalf of an account are made and counted. */
export interface OpenAccount {
  readonly token: string;
  /** The quota's owner, see `CallOptions` of Metrika's client. */
  readonly loginKey: string;
}

/** Opens the access token of an account. */
export async function openAccount(
  { store, vault }: { readonly store: Pick<Store, "credentials">; readonly vault: Vault },
  account: AccountRecord,
): Promise<OpenAccount> {
  const credential = await store.credentials.get(account.credentialId);
  if (credential === null) throw new Error(`Credential ${account.credentialId} of an account is gone.`);
  return { token: vault.open(credential.sealedToken, tokenContext(credential.uuid)), loginKey: account.login };
}
