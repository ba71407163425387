import type { SourceRecord } from "../store/store.ts";
import { maskText } from "../vault/mask.ts";
import type { Vault } from "../vault/vault.ts";
import { storedSecrets } from "./open-config.ts";

/** Shorter ones would blot out ordinary words. */
const SHORTEST = 4;

/**
 * Masks in a text what is secret of a source: what a plugin or a CRM says of a failure may quote a token that has no shape
 * by which it could be known. Masks also what {@link maskText} does.
 */
export function ownSecretsMask(vault: Pick<Vault, "open">, source: SourceRecord): (text: string) => string {
  const secrets = [...(storedSecrets(vault, source)?.values() ?? [])].filter((secret) => secret.length >= SHORTEST);
  return (text) => maskText(secrets.reduce((masked, secret) => masked.replaceAll(secret, "***"), text));
}
