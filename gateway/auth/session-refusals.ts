import type { Localized } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";

/** Why a session is not accepted: the part of the sentence of `session_invalid` that follows the colon. */
export const sessionRefusals = {
  malformed: {
    ru: "это не токен доступа вошедшего человека",
    en: "this is not the access token of a person who signed in",
  },
  too_long: {
    ru: "токен длиннее 8192 символов; уберите лишнее из метаданных пользователя",
    en: "the token has more than 8192 characters; shorten the user's metadata",
  },
  algorithm: {
    ru: "токен подписан алгоритмом, который здесь не принимается",
    en: "the token is signed by an algorithm that is not accepted here",
  },
  role: {
    ru: "токен принадлежит программе или ключу проекта, а не человеку",
    en: "the token belongs to a program or is a project's key, not a person's",
  },
  anonymous: {
    ru: "анонимный вход не даёт доступа",
    en: "an anonymous sign-in gives no access",
  },
  issuer: {
    ru: "токен выдан не той службой входа, которой доверяет шлюз (SUPABASE_URL)",
    en: "the token comes from another identity service than the one this gateway trusts (SUPABASE_URL)",
  },
  audience: {
    ru: "токен выдан для другого получателя",
    en: "the token is meant for another audience",
  },
  not_yet_valid: {
    ru: "токен ещё не действует; проверьте часы сервера",
    en: "the token is not valid yet; check the server's clock",
  },
  unknown_key: {
    ru: "токен подписан ключом, которого нет среди действующих",
    en: "the token is signed by a key that is not among those in force",
  },
  signature: {
    ru: "подпись токена неверна",
    en: "the token's signature is wrong",
  },
  ended: {
    ru: "служба входа больше не признаёт его",
    en: "the identity service no longer recognises it",
  },
} as const satisfies Record<string, Localized>;

/** Why a session is not accepted, by stable name. */
export type SessionRefusal = keyof typeof sessionRefusals;

/** The refusal of a session that no waiting mends. */
export function sessionInvalid(refusal: SessionRefusal, cause?: unknown): ProblemError {
  return new ProblemError("session_invalid", { reason: sessionRefusals[refusal] }, { cause });
}
