import { CHALLENGE, kind } from "./kind.ts";

/** Of who calls, and what he may. */
export const callersProblems = {
  unauthorized: kind(
    401,
    { ru: "Нет ключа API или сессии", en: "API key or session missing" },
    {
      ru: "Для этого запроса нужен ключ API или токен сессии. Передайте его в заголовке «Authorization: Bearer …»; ключ (mgw_…) создаёт команда «bun run cli api-key create --name ИМЯ».",
      en: 'This request needs an API key or a session\'s token. Send it in the header "Authorization: Bearer …"; "bun run cli api-key create --name NAME" makes a key (mgw_…).',
    },
    CHALLENGE,
  ),
  api_key_invalid: kind(
    401,
    { ru: "Ключ API не принят", en: "API key not accepted" },
    {
      ru: "Такого ключа API нет, он отозван или истёк. Проверьте, что ключ скопирован целиком, или создайте новый.",
      en: "There is no such API key, or it was revoked or has expired. Check that the key was copied whole, or make a new one.",
    },
    CHALLENGE,
  ),
  forbidden_scope: kind(
    403,
    { ru: "Недостаточно прав", en: "Not allowed" },
    {
      ru: "У ключа API нет права «{scope}». Создайте ключ с этим правом или попросите владельца выполнить действие.",
      en: 'The API key lacks the right "{scope}". Make a key that has it, or ask the owner to do this.',
    },
  ),
  people_elsewhere: kind(
    409,
    { ru: "Людей впускает Supabase", en: "Supabase signs people in" },
    {
      ru: "Людей впускает проект Supabase (SUPABASE_URL), поэтому их пароли и сеансы ведутся там. Откройте раздел Authentication проекта.",
      en: "A Supabase project signs people in (SUPABASE_URL), so their passwords and sessions are kept there. Open the project's Authentication page.",
    },
  ),
  operator_only: kind(
    403,
    { ru: "Только для администратора шлюза", en: "For the operator only" },
    {
      ru: "Это делает только администратор шлюза: командой «bun run cli» на машине шлюза, а не ключом API.",
      en: 'Only the operator of the gateway may do this: by "bun run cli" on its machine, not with an API key.',
    },
  ),
  forbidden_role: kind(
    403,
    { ru: "Недостаточно прав", en: "Not allowed" },
    {
      ru: "Для этого действия нужна роль «{needed}» или выше, а у вас «{role}». Попросите владельца или администратора рабочего пространства выполнить его или сменить вашу роль.",
      en: 'This needs the role "{needed}" or a higher one, and yours is "{role}". Ask an owner or admin of the workspace to do it, or to change your role.',
    },
  ),
  forbidden_installation: kind(
    403,
    { ru: "Недостаточно прав", en: "Not allowed" },
    {
      ru: "Это настройка всей установки: её меняют администраторы первого рабочего пространства или оператор командой «bun run cli».",
      en: 'This setting belongs to the whole installation: admins of its first workspace change it, or the operator by "bun run cli".',
    },
  ),
  person_required: kind(
    403,
    { ru: "Нужен вход человека", en: "A person must sign in" },
    {
      ru: "Это действие доступно только вошедшему человеку, а не программе с ключом API. Передайте токен сессии в заголовке «Authorization: Bearer …».",
      en: 'Only a person who is signed in may do this, not a program with an API key. Send a session\'s token in the header "Authorization: Bearer …".',
    },
  ),
  session_invalid: kind(
    401,
    { ru: "Сеанс не принят", en: "Session not accepted" },
    {
      ru: "Сеанс входа не принят: {reason}. Войдите заново.",
      en: "The session was not accepted: {reason}. Sign in again.",
    },
    CHALLENGE,
  ),
  session_expired: kind(
    401,
    { ru: "Сеанс истёк", en: "Session expired" },
    {
      ru: "Срок токена доступа истёк. Обновите его (консоль делает это сама) или войдите заново.",
      en: "The access token has expired. Refresh it (the console does so by itself) or sign in again.",
    },
    CHALLENGE,
  ),
  identity_unavailable: kind(
    503,
    { ru: "Служба входа не отвечает", en: "Identity service does not answer" },
    {
      ru: "Проверить сеанс сейчас нельзя: служба входа не отвечает или перегружена. Ничего не сделано; повторите запрос через {seconds} с.",
      en: "The session cannot be checked now: the identity service does not answer or is overloaded. Nothing was done; send the request again in {seconds} s.",
    },
  ),
  workspace_required: kind(
    400,
    { ru: "Не указано рабочее пространство", en: "Workspace not named" },
    {
      ru: "Укажите рабочее пространство в заголовке X-Workspace-Id: вы состоите не в одном. Список — в ответе GET /v1/me.",
      en: "Name the workspace in the header X-Workspace-Id: you belong to more than one. GET /v1/me lists them.",
    },
  ),
  workspace_unknown: kind(
    403,
    { ru: "Нет такого рабочего пространства", en: "No such workspace" },
    {
      ru: "Такого рабочего пространства нет, или вы в нём не состоите. Ваши рабочие пространства — в ответе GET /v1/me; вступить можно по приглашению.",
      en: "There is no such workspace, or you do not belong to it. GET /v1/me lists yours; an invitation lets you join one.",
    },
  ),
} as const;
