import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** Why a sealed text could not be opened: no key we hold made it, or it was changed, cut or moved to another record. */
export type VaultErrorCode = "vault_wrong_key" | "vault_damaged";

/** A sealed text that cannot be opened. The message never contains the text, sealed or open. */
export class VaultError extends Error {
  readonly code: VaultErrorCode;
  constructor(code: VaultErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VaultError";
    this.code = code;
  }
}

/** Encrypts small texts (tokens, secrets, refused rows) for the database and hashes values under a key of its own. */
export interface Vault {
  /**
   * Encrypts a well-formed text (a lone surrogate has no UTF-8 form). `context` names the record that holds it ("credential:12"); the same context is needed to open it,
   * so a sealed text copied into another record does not open.
   * @returns `v1.<key id>.<base64url of nonce, ciphertext and tag>`; another text at every call.
   */
  seal(plaintext: string, context: string): string;
  /**
   * Decrypts what {@link Vault.seal} made.
   * @throws {VaultError} `vault_wrong_key` when none of our keys made it, `vault_damaged` when it or its context differ.
   */
  open(sealed: string, context: string): string;
  /**
   * A keyed hash for finding a value that is not stored in clear: 43 characters of base64url (HMAC-SHA-256).
   * The purpose separates uses, so equal values of different columns do not look equal. Its key stays the same when the
   * master key changes, see {@link MasterVault.adopt}.
   */
  hmac(purpose: string, value: string): string;
}

/** The vault of a process, whose keys can be changed while it is in use. */
export interface MasterVault extends Vault {
  /** Names the current key, 8 characters; it stands in each sealed text and tells nothing of the key. */
  readonly keyId: string;
  /** Names the keys that only open. */
  readonly previousKeyIds: readonly string[];
  /** From now on these keys are held; what a key no longer held has sealed cannot be opened any more. */
  hold(keys: VaultKeys): void;
  /** Whether a sealed text was made with an earlier key (or cannot be read at all) and should be sealed again. */
  isStale(sealed: string): boolean;
  /** A canary for the database: kept from the first start on, it shows at later starts whether the key is still the same. */
  check(): string;
  /**
   * Compares a kept canary with our keys.
   * @throws {VaultError} `vault_wrong_key` when another master key made it, `vault_damaged` when it is not a canary.
   */
  verify(check: string): void;
  /**
   * Verifies the canary of an installation, and hashes with the installation's key from then on.
   * @throws {VaultError} like {@link verify}
   */
  adopt(record: VaultRecord): void;
  /** What the installation is to keep of this vault once its current key replaces another: canary and hashing key under it. */
  record(): VaultRecord;
}

/** What a database keeps of the vault it belongs to. */
export interface VaultRecord {
  /** The canary, see {@link MasterVault.check}. */
  readonly vaultCheck: string;
  /** The key of all keyed hashes; null as long as it is derived from the master key, which is the one that made the canary. */
  readonly sealedHashingKey: string | null;
}

/** The master keys of a vault: 32 random bytes each. `previous` keys open, but never seal. */
export interface VaultKeys {
  readonly current: Uint8Array;
  readonly previous?: readonly Uint8Array[];
}

interface KeySet {
  readonly id: string;
  readonly sealing: Uint8Array;
  readonly hashing: Uint8Array;
}

interface Held {
  readonly current: KeySet;
  readonly previous: readonly KeySet[];
}

const VERSION = "v1";
const KEY_BYTES = 32;
// NIST SP 800-38D: 96 bits need no hashing of the nonce, and random nonces are sound for 2^32 texts under one key.
// https://nvlpubs.nist.gov/nistpubs/legacy/sp/nistspecialpublication800-38d.pdf (§8.2, §8.3)
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CANARY_CONTEXT = "vault:check";
const CANARY = "metrika-gateway";
const HASHING_KEY_CONTEXT = "vault:hashing-key";

/**
 * Makes a vault from master keys: AES-256-GCM with a random nonce a record, subkeys by HKDF-SHA-256 (RFC 5869).
 * @param keys one key of 32 bytes, or the current key with those it replaced.
 * @param random source of nonces; replaced in tests only.
 * @throws {RangeError} for a key that is not 32 bytes long.
 */
export function createVault(
  keys: Uint8Array | VaultKeys,
  random: (bytes: number) => Uint8Array = randomBytes,
): MasterVault {
  let held = derivedOf(keys instanceof Uint8Array ? { current: keys } : keys);
  let hashing = held.current.hashing;

  const keyOf = (keyId: string): KeySet => {
    const key = [held.current, ...held.previous].find(({ id }) => id === keyId);
    if (key !== undefined) return key;
    const atHand = idsOf([held.current, ...held.previous]).join(", ");
    throw new VaultError("vault_wrong_key", `Sealed with the key ${keyId}; the keys at hand are ${atHand}`);
  };

  const seal = (plaintext: string, context: string): string => {
    const { current } = held;
    const nonce = random(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", current.sealing, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(current.id, context));
    const sealed = Buffer.concat([nonce, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${current.id}.${sealed.toString("base64url")}`;
  };

  const open = (sealed: string, context: string): string => {
    const { keyId, bytes } = parseSealed(sealed);
    const key = keyOf(keyId);
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key.sealing, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(keyId, context));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new VaultError("vault_damaged", `The sealed text of ${context} was changed or belongs elsewhere`, {
        cause,
      });
    }
  };

  const check = () => seal(CANARY, CANARY_CONTEXT);

  const verify = (vaultCheck: string): void => {
    if (open(vaultCheck, CANARY_CONTEXT) !== CANARY) {
      throw new VaultError("vault_damaged", "The canary reads differently");
    }
  };

  return {
    seal,
    open,
    check,
    verify,
    get keyId() {
      return held.current.id;
    },
    get previousKeyIds() {
      return idsOf(held.previous);
    },
    hold(given) {
      held = derivedOf(given);
    },
    isStale: (sealed) => !sealed.startsWith(`${VERSION}.${held.current.id}.`),
    hmac: (purpose, value) => keyedHash(hashing, purpose, value),
    adopt({ vaultCheck, sealedHashingKey }) {
      verify(vaultCheck);
      hashing =
        sealedHashingKey === null
          ? keyOf(parseSealed(vaultCheck).keyId).hashing
          : Buffer.from(open(sealedHashingKey, HASHING_KEY_CONTEXT), "base64url");
    },
    record: () => ({
      vaultCheck: check(),
      sealedHashingKey: seal(Buffer.from(hashing).toString("base64url"), HASHING_KEY_CONTEXT),
    }),
  };
}

/** A key that stands on both sides counts as the current one. */
function derivedOf({ current, previous = [] }: VaultKeys): Held {
  const derived = deriveKeys(current);
  return { current: derived, previous: previous.map(deriveKeys).filter(({ id }) => id !== derived.id) };
}

function deriveKeys(master: Uint8Array): KeySet {
  if (master.length !== KEY_BYTES) throw new RangeError(`A master key has ${KEY_BYTES} bytes, not ${master.length}`);
  const derive = (use: string, bytes: number) =>
    new Uint8Array(hkdfSync("sha256", master, "", `metrika-gateway/${use}/v1`, bytes));
  return {
    id: Buffer.from(derive("key-id", 6)).toString("base64url"),
    sealing: derive("seal", KEY_BYTES),
    hashing: derive("hmac", KEY_BYTES),
  };
}

/** The header is authenticated too: neither version nor key id can be exchanged unnoticed. */
function associatedData(keyId: string, context: string): Uint8Array {
  return Buffer.from(`${VERSION}.${keyId}.${context}`, "utf8");
}

/** The purpose's length stands first, so that no other split of purpose and value gives the same input. */
function keyedHash(key: Uint8Array, purpose: string, value: string): string {
  return createHmac("sha256", key).update(`${purpose.length}:${purpose}:${value}`, "utf8").digest("base64url");
}

function parseSealed(sealed: string): { readonly keyId: string; readonly bytes: Uint8Array } {
  const match = /^v1\.([\w-]{8})\.([\w-]+)$/.exec(sealed);
  const [, keyId = "", payload = ""] = match ?? [];
  const bytes = Buffer.from(payload, "base64url");
  // base64url ignores spare bits of the last character; a text that does not read back the same was edited.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== payload) {
    throw new VaultError("vault_damaged", "Not a sealed text of this vault");
  }
  return { keyId, bytes };
}

function idsOf(keys: readonly KeySet[]): readonly string[] {
  return keys.map((key) => key.id);
}
