import type { SecretKind } from "../plugin/verifiers/verifier.ts";
import type { SourceChange, SourceRecord } from "../store/store.ts";
import { secretContext } from "../vault/secret-context.ts";
import { secretHashHex } from "../vault/secrets.ts";
import type { Vault } from "../vault/vault.ts";

/** A secret that a source is to have, and how its verifier wants it kept. */
export interface SourceSecret {
  readonly keeps: SecretKind;
  readonly value: string;
}

/** How long the secret before stays valid, in milliseconds. */
const OVERLAP_MS = 86_400_000;

/** The columns that keep a secret. */
export function keptSecret(
  vault: Vault,
  sourceUuid: string,
  { keeps, value }: SourceSecret,
): Pick<SourceRecord, "secretHash" | "sealedSecret"> {
  if (value === "") throw new RangeError("An empty secret would be anybody's.");
  return keeps === "hash"
    ? { secretHash: secretHashHex(value), sealedSecret: null }
    : { secretHash: null, sealedSecret: vault.seal(value, secretContext(sourceUuid)) };
}

/** What a rotation changes: the secret so far stays valid for a day beside the new one; one before it is forgotten. */
export function rotatedSecret(vault: Vault, source: SourceRecord, secret: SourceSecret, now: number) {
  return {
    ...keptSecret(vault, source.uuid, secret),
    previousSecretHash: source.secretHash,
    previousSealedSecret: source.sealedSecret,
    previousSecretExpiresAt: now + OVERLAP_MS,
  } satisfies SourceChange;
}
