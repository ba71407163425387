import { MetrikaError } from "../metrika/errors.ts";
import type { CredentialRecord } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";
import type { Vault } from "../vault/vault.ts";
import type { DeliveryDeps } from "./deps.ts";
import { loginKeyOf } from "./login-key.ts";
import type { Pause } from "./send-outcome.ts";

/** A credential ready for calls. */
export interface OpenCredential {
  readonly record: CredentialRecord;
  /** What every call of the client takes. */
  readonly call: { readonly token: string; readonly loginKey: string; readonly isBackground: true };
}

/** Opens a credential's token for the worker. */
export function openCredential(vault: Vault, record: CredentialRecord): OpenCredential {
  const token = vault.open(record.sealedToken, tokenContext(record.uuid));
  return { record, call: { token, loginKey: loginKeyOf(record), isBackground: true } };
}

/** Reads and opens a credential. */
export async function credentialOf(deps: DeliveryDeps, id: number): Promise<OpenCredential> {
  const record = await deps.store.credentials.get(id);
  if (!record) throw new Error(`Credential ${id} of an upload is gone.`);
  return openCredential(deps.vault, record);
}

/** The credential worked: whatever rested because of it goes on. That one may read says nothing about its quota of writes. */
export async function noteSuccess(deps: DeliveryDeps, { record }: OpenCredential): Promise<void> {
  if (record.pausedUntil === null) return;
  const spares = record.pausedReason === "quota" && record.pausedUntil > deps.now();
  if (!spares) await deps.store.credentials.resume(record.id, deps.now());
}

/**
 * Rests a credential, or for a quota all of its login. Told once: later refusals of the same rest stay silent. The store is
 * asked again, since the refusal may be the second of two at once, or concern a token that was replaced while the call was
 * under way.
 */
export async function rest(deps: DeliveryDeps, { record }: OpenCredential, pause: Pause): Promise<void> {
  const { reason, until } = pause;
  const { credentials, quota } = deps.store;
  const current = await credentials.get(record.id);
  if (current?.tokenHash !== record.tokenHash) return;
  if (pause.reason === "quota" && pause.isExhausted) await quota.exhaust(loginKeyOf(current), deps.now());
  if (current.pausedReason === reason && (current.pausedUntil ?? 0) > deps.now()) return;
  if (current.pausedReason !== reason) {
    deps.log.warn("Sending with credential {credential} rests until {until}: {reason}", {
      credential: record.uuid,
      until: new Date(until).toISOString(),
      reason,
    });
  }
  if (reason === "quota") await credentials.pauseLogin(loginKeyOf(current), until, deps.now());
  else await credentials.pause(record.id, reason, until, deps.now());
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
