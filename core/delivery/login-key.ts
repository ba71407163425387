import type { CredentialRecord } from "../store/store.ts";

/** By what requests are counted: the Yandex login, or the token's hash while the login is unknown. */
export const loginKeyOf = ({ login, tokenHash }: Pick<CredentialRecord, "login" | "tokenHash">): string =>
  login ?? tokenHash;
