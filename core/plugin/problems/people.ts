import { kind } from "./kind.ts";

/** Of letting people in. */
export const peopleProblems = {
  signup_closed: kind(
    403,
    { ru: "Нужно приглашение", en: "Invitation needed" },
    {
      ru: "Здесь нельзя завести рабочее пространство без приглашения. Попросите приглашение у владельца или администратора; оператор может открыть вход для всех настройкой SIGN_UP=open.",
      en: "Nobody starts a workspace here without an invitation. Ask an owner or admin for one; the operator can let everybody in by the setting SIGN_UP=open.",
    },
  ),
  setup_code_wrong: kind(
    422,
    { ru: "Код установки не подходит", en: "Setup code not right" },
    {
      ru: "Такого кода установки нет, или он уже использован. Действующий код печатает команда «bun run cli setup-code»; до первого использования он виден и при каждом запуске шлюза.",
      en: 'There is no such setup code, or it was used. "bun run cli setup-code" prints the one in force; until its first use each start of the gateway shows it too.',
    },
  ),
  setup_code_throttled: kind(
    429,
    { ru: "Слишком много неверных кодов", en: "Too many wrong codes" },
    {
      ru: "Код установки слишком часто вводили неверно. Повторите через {seconds} с.",
      en: "The setup code was wrong too often. Try again in {seconds} s.",
    },
  ),
  invitation_wrong: kind(
    422,
    { ru: "Приглашение не подходит", en: "Invitation not right" },
    {
      ru: "Такого приглашения нет, оно уже принято, отозвано или истекло, либо выписано на другой адрес почты, не тот, с которым вы вошли. Попросите новое.",
      en: "There is no such invitation, it was accepted, revoked or has expired, or it is for another e-mail address than the one you signed in with. Ask for a new one.",
    },
  ),
  already_member: kind(
    409,
    { ru: "Уже участник", en: "Already a member" },
    {
      ru: "Этот человек уже состоит в рабочем пространстве. Его роль меняется запросом PATCH /v1/members/….",
      en: "This person belongs to the workspace already. PATCH /v1/members/… changes the role.",
    },
  ),
  last_owner: kind(
    409,
    { ru: "Последний владелец", en: "Last owner" },
    {
      ru: "Это последний владелец рабочего пространства: без него некому будет им управлять. Сначала сделайте владельцем кого-нибудь ещё.",
      en: "This is the last owner of the workspace, and nobody else could manage it. Make somebody else an owner first.",
    },
  ),
} as const;
