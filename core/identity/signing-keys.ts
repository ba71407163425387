import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { SigningKeyRecord, SigningKeyStore } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";

/** The algorithm of access tokens: ECDSA on P-256, one of those that supabase-js verifies by itself. */
export const ALGORITHM = "ES256";

/** After so long another key is made, unasked. */
const KEY_LIFE_MS = 90 * 86_400_000;
/** What was read of the table is believed for so long. Far below the life of a token, so that a retired key signs none that outlives it. */
const CACHE_MS = 60_000;

type ImportedKey = Awaited<ReturnType<typeof importJWK>>;

/** The key that signs now. */
export interface CurrentKey {
  readonly kid: string;
  readonly key: ImportedKey;
}

/** A public key as a JWKS shows it. */
export interface PublicKey extends JWK {
  readonly kid: string;
}

/** Key pairs that sign and verify access tokens; private ones are sealed by the vault. */
export interface SigningKeys {
  /** Makes one where there is none or it is too old. Gateways that do so at once agree on the newest. */
  current(): Promise<CurrentKey>;
  /** Those that may have signed a token that still lives, newest first. */
  published(): Promise<readonly PublicKey[]>;
  /** The key of a token's header; null when there is none, now either. */
  verifying(kid: string): Promise<ImportedKey | null>;
}

const contextOf = (kid: string) => `signing-key:${kid}`;

/** Keys in the database, read at most once a minute, and whenever a token names one that is not known. */
export function createSigningKeys(store: SigningKeyStore, vault: Vault, now: () => number): SigningKeys {
  let known: { readonly keys: readonly SigningKeyRecord[]; readonly until: number } | null = null;
  let reading: Promise<readonly SigningKeyRecord[]> | null = null;
  let signing: CurrentKey | null = null;
  const verifying = new Map<string, ImportedKey>();

  /** One reading at a time, for all who ask meanwhile: tokens with made-up keys cost no more than that. */
  function read(): Promise<readonly SigningKeyRecord[]> {
    reading ??= store
      .list()
      .then((keys) => {
        known = { keys, until: now() + CACHE_MS };
        return keys;
      })
      .finally(() => {
        reading = null;
      });
    return reading;
  }

  const keys = async () => (known && known.until > now() ? known.keys : read());
  const newest = (all: readonly SigningKeyRecord[]) =>
    all.find(({ retiredAt, createdAt }) => retiredAt === null && createdAt > now() - KEY_LIFE_MS);

  async function make(): Promise<SigningKeyRecord> {
    const pair = await generateKeyPair(ALGORITHM, { extractable: true });
    const [publicJwk, privateJwk] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)]);
    const kid = await calculateJwkThumbprint(publicJwk);
    const sealedPrivateKey = vault.seal(JSON.stringify(privateJwk), contextOf(kid));
    await store.add({ kid, publicJwk: publicJwk as JsonWebKey, sealedPrivateKey, createdAt: now() });
    const made = newest(await store.list());
    if (!made) throw new Error("A signing key was stored and is not there.");
    await read();
    return made;
  }

  return {
    async current() {
      const record = newest(await keys()) ?? (await make());
      if (signing?.kid !== record.kid) {
        const jwk = JSON.parse(vault.open(record.sealedPrivateKey, contextOf(record.kid))) as JWK;
        signing = { kid: record.kid, key: await importJWK(jwk, ALGORITHM) };
      }
      return signing;
    },
    async published() {
      return (await keys()).map(({ kid, publicJwk }) => ({
        ...(publicJwk as JWK),
        ...{ kid, alg: ALGORITHM, use: "sig", key_ops: ["verify"] },
      }));
    },
    async verifying(kid) {
      const of = (all: readonly SigningKeyRecord[]) => all.find((key) => key.kid === kid);
      const record = of(await keys()) ?? of(await read());
      // Not what was imported before: a key that is no longer in the table is trusted no more.
      if (!record) return null;
      const ready = verifying.get(kid);
      if (ready) return ready;
      const key = await importJWK(record.publicJwk as JWK, ALGORITHM);
      verifying.set(kid, key);
      return key;
    },
  };
}
