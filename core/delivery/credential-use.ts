import { MetrikaError } from "../metrika/errors.ts";
import type { CredentialRecord, PauseReason } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import type { DeliveryDeps } from "./deps.ts";

/** A credential ready for calls. */
export interface OpenCredential {
  readonly record: CredentialRecord;
  /** What every call of the client takes. */
  readonly call: { readonly token: string; readonly loginKey: string };
}

/** The context that binds a sealed token to its credential. */
export const tokenContext = (credentialUuid: string) => `credential:${credentialUuid}`;

/** Opens a credential's token. Until its login is known, the token's hash stands in as the key of its quota. */
export function openCredential(vault: Vault, record: CredentialRecord): OpenCredential {
  const token = vault.open(record.sealedToken, tokenContext(record.uuid));
  return { record, call: { token, loginKey: record.login ?? record.tokenHash } };
}

/** Reads and opens a credential. */
export async function credentialOf(deps: DeliveryDeps, id: number): Promise<OpenCredential> {
  const record = await deps.store.credentials.get(id);
  if (!record) throw new Error(`Credential ${id} of an upload is gone.`);
  return openCredential(deps.vault, record);
}

/** The credential worked: whatever rested because of it goes on. */
export async function noteSuccess(deps: DeliveryDeps, { record }: OpenCredential): Promise<void> {
  if (record.pausedUntil !== null) await deps.store.credentials.resume(record.id, deps.now());
}

/**
 * Rests a credential. Told once: later refusals of the same rest stay silent. The store is asked again, since the refusal
 * may be the second of two at once, or concern a token that was replaced while the call was under way.
 */
export async function rest(
  deps: DeliveryDeps,
  { record }: OpenCredential,
  reason: PauseReason,
  until: number,
): Promise<void> {
  const { credentials } = deps.store;
  const current = await credentials.get(record.id);
  if (current?.tokenHash !== record.tokenHash) return;
  if (current.pausedReason === reason && (current.pausedUntil ?? 0) > deps.now()) return;
  if (current.pausedReason !== reason) {
    deps.log.warn("Sending with credential {credential} rests until {until}: {reason}", {
      credential: record.uuid,
      until: new Date(until).toISOString(),
      reason,
    });
  }
  await credentials.pause(record.id, reason, until, deps.now());
}

/**
 * Whatever a call threw, as the error the outcome is decided by.
 * @param bodyMayHaveArrived for a fault of our own: whether it may have happened after Metrika got the body
 */
export function asMetrikaError(error: unknown, bodyMayHaveArrived = true): MetrikaError {
  if (error instanceof MetrikaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new MetrikaError(message, { kind: "aborted", bodyMayHaveArrived, cause: error });
}
