import type { Localized } from "../language.ts";
import type { ProblemParams } from "../plugin/problem.ts";

interface Refusal {
  readonly status: number;
  readonly sentence: Localized;
}

const refusal = (status: number, ru: string, en: string): Refusal => ({ status, sentence: { ru, en } });

/**
 * Why signing in is refused, by the codes of Supabase Auth, on which supabase-js acts; statuses are its as well. What it answers with
 * another 4xx than 429 to a refresh ends the session on the client.
 * https://supabase.com/docs/guides/auth/debugging/error-codes
 */
export const identityRefusals = {
  email_address_invalid: refusal(
    400,
    "В поле «email» не адрес электронной почты. Укажите адрес вида name@example.com.",
    'Field "email" is not an e-mail address. Give one such as name@example.com.',
  ),
  invalid_credentials: refusal(
    400,
    "Почта или пароль не подходят. Проверьте раскладку и Caps Lock или задайте новый пароль.",
    "The e-mail address or the password is not right. Check Caps Lock and the keyboard layout, or set a new password.",
  ),
  weak_password: refusal(422, "{message}", "{message}"),
  user_already_exists: refusal(
    422,
    "Человек с этой почтой уже зарегистрирован. Войдите или задайте новый пароль.",
    "Somebody with this e-mail address has signed up already. Sign in, or set a new password.",
  ),
  no_authorization: refusal(
    401,
    "Нужно войти: передайте токен доступа в заголовке «Authorization: Bearer …».",
    'Sign in first: send the access token in the header "Authorization: Bearer …".',
  ),
  bad_jwt: refusal(
    403,
    "Токен доступа не принят: он испорчен, истёк или выдан не этим шлюзом. Войдите снова.",
    "The access token is not accepted: it is damaged, has expired or was not given by this gateway. Sign in again.",
  ),
  session_not_found: refusal(403, "Этот сеанс завершён. Войдите снова.", "This session has ended. Sign in again."),
  refresh_token_not_found: refusal(
    400,
    "Сеанс завершён или истёк. Войдите снова.",
    "The session has ended or expired. Sign in again.",
  ),
  refresh_token_already_used: refusal(
    400,
    "Токен обновления уже был использован, поэтому сеанс завершён: возможно, токен украден. Войдите снова, а при сомнении смените пароль.",
    "The refresh token was used before, so the session was ended: the token may have been stolen. Sign in again, and change the password if in doubt.",
  ),
  reauthentication_needed: refusal(
    400,
    "Чтобы сменить пароль, передайте нынешний в поле «current_password» или войдите заново: сеанс начат больше {minutes} мин. назад.",
    'To change the password, send the present one as "current_password", or sign in anew: the session began more than {minutes} min ago.',
  ),
  otp_expired: refusal(
    403,
    "Ссылка уже использована, истекла или скопирована не целиком. Запросите новую.",
    "The link was used, has expired or was not copied whole. Ask for a new one.",
  ),
  email_provider_disabled: refusal(
    422,
    "Почтовый сервер не настроен, письмо отправить нельзя. Попросите администратора шлюза выполнить «bun run cli user reset ПОЧТА»: команда покажет ссылку для нового пароля.",
    'No mail server is set up, so no letter can be sent. Ask the operator of the gateway for "bun run cli user reset EMAIL": it prints a link to set a new password.',
  ),
  over_request_rate_limit: refusal(
    429,
    "Слишком много попыток. Повторите через {seconds} с.",
    "There were too many tries. Try again in {seconds} s.",
  ),
} as const satisfies Record<string, Refusal>;

/** A code of {@link identityRefusals}. */
export type IdentityCode = keyof typeof identityRefusals;

/** A refusal on its way to whoever signs in. */
export class IdentityError extends Error {
  readonly code: IdentityCode;
  readonly params: ProblemParams;
  /** Of `weak_password`: why, in the words of Supabase Auth. */
  readonly reasons: readonly string[];

  constructor(code: IdentityCode, params: ProblemParams = {}, reasons: readonly string[] = []) {
    super(code);
    this.name = "IdentityError";
    this.code = code;
    this.params = params;
    this.reasons = reasons;
  }
}

/** "Not now", with the seconds to wait. */
export function tooManyTries(waitMs: number): IdentityError {
  return new IdentityError("over_request_rate_limit", { seconds: Math.max(1, Math.ceil(waitMs / 1000)) });
}
