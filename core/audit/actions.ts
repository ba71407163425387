import { type Language, type Localized, render } from "../language.ts";

const said = (ru: string, en: string): Localized => ({ ru, en });

/**
 * Every act that is written down, by its stable code: what it was done to, a dot, what was done. The sentence tells people; the
 * blank `{target}` is the name of what it was done to, else its id. Codes are kept for ever, since events are: a new act gets a
 * new code, and none is renamed.
 */
export const auditActions = {
  "webhook.created": said("Создан вебхук «{target}»", "Webhook “{target}” was created"),
  "webhook.changed": said("Изменён вебхук «{target}»", "Webhook “{target}” was changed"),
  "webhook.token_replaced": said("Заменён токен вебхука «{target}»", "The token of webhook “{target}” was replaced"),
  "webhook.account_chosen": said(
    "Вебхук «{target}» отправляет через аккаунт Яндекса",
    "Webhook “{target}” sends by a Yandex account",
  ),
  "webhook.secret_rotated": said("Выдан новый секрет вебхука «{target}»", "Webhook “{target}” got a new secret"),
  "webhook.paused": said("Отправка вебхука «{target}» приостановлена", "Sending of webhook “{target}” was paused"),
  "webhook.resumed": said("Отправка вебхука «{target}» возобновлена", "Sending of webhook “{target}” was resumed"),
  "webhook.queue_cancelled": said(
    "Отменена очередь вебхука «{target}»",
    "The queue of webhook “{target}” was cancelled",
  ),
  "webhook.deleted": said("Удалён вебхук «{target}»", "Webhook “{target}” was deleted"),
  "source.created": said("Создан источник «{target}»", "Source “{target}” was created"),
  "source.changed": said("Изменён источник «{target}»", "Source “{target}” was changed"),
  "source.token_replaced": said("Заменён токен источника «{target}»", "The token of source “{target}” was replaced"),
  "source.account_chosen": said(
    "Источник «{target}» отправляет через аккаунт Яндекса",
    "Source “{target}” sends by a Yandex account",
  ),
  "source.secret_rotated": said("Сменён секрет источника «{target}»", "Source “{target}” got a new secret"),
  "source.paused": said("Отправка источника «{target}» приостановлена", "Sending of source “{target}” was paused"),
  "source.resumed": said("Отправка источника «{target}» возобновлена", "Sending of source “{target}” was resumed"),
  "source.queue_cancelled": said(
    "Отменена очередь источника «{target}»",
    "The queue of source “{target}” was cancelled",
  ),
  "source.checked": said(
    "Проверено соединение источника «{target}»",
    "The connection of source “{target}” was checked",
  ),
  "source.run_started": said("Начат запуск источника «{target}»", "A run of source “{target}” was started"),
  "source.run_cancelled": said("Отменён запуск источника «{target}»", "A run of source “{target}” was cancelled"),
  "raw_intake.revealed": said(
    "Раскрыты контакты в запросе источника «{target}»",
    "The contacts in a request of source “{target}” were revealed",
  ),
  "raw_intakes.replayed": said(
    "Повторена обработка запросов источника «{target}»",
    "Requests of source “{target}” were handled once more",
  ),
  "source.deleted": said("Удалён источник «{target}»", "Source “{target}” was deleted"),
  "batch.cancelled": said("Отменён пакет {target}", "Batch {target} was cancelled"),
  "upload.resolved": said("Решена судьба загрузки {target}", "The fate of upload {target} was decided"),
  "replay.started": said("Начат повтор {target}", "Replay {target} was started"),
  "replay.cancelled": said("Прекращён повтор {target}", "Replay {target} was cancelled"),
  "api_key.created": said("Создан ключ API «{target}»", "API key “{target}” was created"),
  "api_key.revoked": said("Отозван ключ API «{target}»", "API key “{target}” was revoked"),
  "setup.completed": said("Появился первый владелец: {target}", "The first owner came to be: {target}"),
  "setup_code.created": said("Выпущен новый код настройки", "A new setup code was made"),
  "workspace.created": said("Создано рабочее пространство «{target}»", "Workspace “{target}” was created"),
  "workspace.changed": said("Изменено рабочее пространство «{target}»", "Workspace “{target}” was changed"),
  "member.added": said("Добавлен участник: {target}", "Member {target} was added"),
  "member.role_changed": said("Изменена роль участника: {target}", "The role of member {target} was changed"),
  "member.removed": said("Удалён участник: {target}", "Member {target} was removed"),
  "invitation.created": said("Отправлено приглашение: {target}", "{target} was invited"),
  "invitation.revoked": said("Отозвано приглашение: {target}", "The invitation of {target} was revoked"),
  "invitation.accepted": said("Принято приглашение: {target}", "{target} accepted an invitation"),
  "user.created": said("Зарегистрирован пользователь: {target}", "User {target} signed up"),
  "user.changed": said("Изменены данные пользователя: {target}", "User {target} was changed"),
  "user.recovery_link_created": said(
    "Выдана ссылка для смены пароля: {target}",
    "A link to set a new password was made for {target}",
  ),
  "user.signed_out": said("Прекращены все сеансы пользователя: {target}", "All sessions of {target} were ended"),
  "session.signed_in": said("Вход: {target}", "{target} signed in"),
  "session.sign_in_failed": said("Не удалось войти: {target}", "{target} failed to sign in"),
  "session.signed_out": said("Выход: {target}", "{target} signed out"),
  "session.token_reused": said(
    "Сеанс {target} прекращён: его токен предъявлен повторно",
    "Session {target} was ended: its token came twice",
  ),
  "session.password_changed": said("Сменён пароль: {target}", "{target} changed the password"),
  "account.connected": said("Подключён аккаунт Яндекса «{target}»", "Yandex account “{target}” was connected"),
  "account.reconnected": said(
    "Аккаунт Яндекса «{target}» подключён заново",
    "Yandex account “{target}” was re-connected",
  ),
  "account.disconnected": said("Отключён аккаунт Яндекса «{target}»", "Yandex account “{target}” was disconnected"),
  "account.changed": said("Изменён аккаунт Яндекса «{target}»", "Yandex account “{target}” was changed"),
  "account.refresh_failed": said(
    "Не удалось обновить токен аккаунта Яндекса «{target}»",
    "The token of Yandex account “{target}” could not be refreshed",
  ),
  "oauth_application.changed": said("Задано OAuth-приложение {target}", "The OAuth application {target} was set"),
  "oauth_application.checked": said(
    "OAuth-приложение {target} проверено в Яндексе",
    "The OAuth application {target} was checked at Yandex",
  ),
  "oauth_application.removed": said("Удалено OAuth-приложение {target}", "The OAuth application {target} was removed"),
  "counter.attached": said("Подключён счётчик «{target}»", "Counter “{target}” was attached"),
  "counter.detached": said("Отключён счётчик «{target}»", "Counter “{target}” was detached"),
  "counter.created": said("Создан счётчик «{target}» в Метрике", "Counter “{target}” was created in Metrika"),
  "counter.refreshed": said("Обновлены сведения о счётчике «{target}»", "Counter “{target}” was read anew"),
  "goal.created": said("Создана цель «{target}» в Метрике", "Goal “{target}” was created in Metrika"),
  "audit.exported": said("Выгружен журнал действий", "The audit was exported"),
  "backup.restored": said("База данных восстановлена из копии", "The database was restored from a backup"),
  "database.moved": said("База данных перенесена в PostgreSQL", "The database was moved to PostgreSQL"),
  "master_key.change_begun": said("Начата смена главного ключа", "A change of the master key was begun"),
  "master_key.changed": said(
    "Главный ключ сменён, всё зашифровано им",
    "The master key was changed, and everything is sealed with it",
  ),
} as const satisfies Readonly<Record<`${string}.${string}`, Localized>>;

/** The code of an act that is written down. */
export type AuditAction = keyof typeof auditActions;

/** The codes, in the order of the catalogue. */
export const auditActionCodes = Object.keys(auditActions) as readonly AuditAction[];

/** What an event was done to, as far as its sentence says it. */
export interface NamedTarget {
  readonly id: string | null;
  readonly name: string | null;
}

/** The sentence of an event for people; of a code that this version does not know, the code itself. */
export function describeAction(action: string, { id, name }: NamedTarget, language: Language): string {
  if (!Object.hasOwn(auditActions, action)) return action;
  return render(auditActions[action as AuditAction], language, { target: name ?? id ?? "—" });
}
