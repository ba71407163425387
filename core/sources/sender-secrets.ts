import type { SenderSecrets, SenderVerifier } from "../plugin/verifiers/verifier.ts";
import type { SourceRecord } from "../store/store.ts";
import { secretContext } from "../vault/secret-context.ts";
import { type Vault, VaultError } from "../vault/vault.ts";

/** Tells the operator that a source cannot do its work, once for each version of the source and reason. */
export type TellOfSource = (source: SourceRecord, reason: string) => void;

/** The secrets with which a sender of a source can prove itself now, in milliseconds; none for an unknown source. */
export type SecretsOf = (source: SourceRecord | null, verifier: SenderVerifier, now: number) => SenderSecrets;

const NO_SECRETS: SenderSecrets = { hashes: [], keys: [] };

/**
 * Reads the secrets of sources. What is missing or cannot be read opens nothing, and is told. A record is replaced whole when
 * it changes, so what was read of it lives as long as it does.
 */
export function createSecretsOf(vault: Vault, tell: TellOfSource): SecretsOf {
  const known = new WeakMap<SourceRecord, Readonly<Record<"current" | "both", SenderSecrets>>>();

  function read(source: SourceRecord, verifier: SenderVerifier) {
    const current = verifier.keeps === "hash" ? hashesOf(source.secretHash) : keysOf(source.sealedSecret);
    if (current === NO_SECRETS) tell(source, "its secret is missing or cannot be read");
    const previous =
      verifier.keeps === "hash" ? hashesOf(source.previousSecretHash) : keysOf(source.previousSealedSecret);
    const both = { hashes: [...current.hashes, ...previous.hashes], keys: [...current.keys, ...previous.keys] };
    return { current, both };

    function keysOf(sealed: string | null): SenderSecrets {
      const key = sealed === null ? "" : open(source, sealed);
      if (key === "") return NO_SECRETS;
      const fault = (verifier.reads === "body" && verifier.faultOf?.(key)) || null;
      if (fault === null) return { hashes: [], keys: [key] };
      tell(source, fault.en);
      return NO_SECRETS;
    }
  }

  function open(source: SourceRecord, sealed: string): string {
    try {
      return vault.open(sealed, secretContext(source.uuid));
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      tell(source, error.message);
      return "";
    }
  }

  return (source, verifier, now) => {
    if (source === null) return NO_SECRETS;
    let secrets = known.get(source);
    if (secrets === undefined) {
      secrets = read(source, verifier);
      known.set(source, secrets);
    }
    const overlaps = source.previousSecretExpiresAt !== null && source.previousSecretExpiresAt > now;
    return overlaps ? secrets.both : secrets.current;
  };
}

const hashesOf = (hex: string | null): SenderSecrets =>
  hex === null ? NO_SECRETS : { hashes: [Buffer.from(hex, "hex")], keys: [] };
