/** What is wrong with the master key. */
export type MasterKeyErrorCode =
  | "master_key_missing"
  | "master_key_malformed"
  | "master_key_unreadable"
  | "master_key_wrong";

/** The gateway has no usable master key; the message says how to get one and never contains key material. */
export class MasterKeyError extends Error {
  readonly code: MasterKeyErrorCode;
  constructor(code: MasterKeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MasterKeyError";
    this.code = code;
  }
}

/** The length of a master key. */
export const KEY_BYTES = 32;
/** How a key is made; the end of a message that one is wanted. */
export const MAKE_A_KEY = "Make one with: openssl rand -base64 32";

/**
 * Reads a master key: 32 bytes in base64 (or base64url, with or without padding); spaces around it are ignored.
 * @param name what to call the key in the error, e.g. "GATEWAY_SECRET_KEY".
 * @throws {MasterKeyError} `master_key_malformed`
 */
export function parseMasterKey(text: string, name: string): Uint8Array {
  const trimmed = text.trim();
  const problem = (what: string) => new MasterKeyError("master_key_malformed", `${name} ${what}. ${MAKE_A_KEY}`);
  if (!/^[\w+/-]+={0,2}$/.test(trimmed)) throw problem("is not base64");
  const key = Buffer.from(trimmed, "base64");
  if (key.length !== KEY_BYTES) throw problem(`holds ${key.length} bytes, but ${KEY_BYTES} are needed`);
  if (key.every((byte) => byte === key[0])) throw problem("is one byte repeated: a placeholder, not a key");
  return new Uint8Array(key);
}
