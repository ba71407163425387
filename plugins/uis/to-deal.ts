import {
  asList,
  asRecord,
  asText,
  type Deal,
  findValue,
  formFields,
  isPlaceholder,
  type Localized,
} from "metrika-gateway/plugin";

/** Fields with a person's phone, name or address, whose values never become fields. */
const PERSONAL = /^(?:secret|contact_|employee_|calling_|called_|operator_)|phone|email|full_name/i;
/** The number that was called is the company's own. */
const OWN_NUMBER = "virtual_phone_number";

/** How UIS names directions. */
const DIRECTIONS = new Set(["in", "out"]);

/** Why a notification is no call; the mend is the template's. */
export type NoCall = { readonly reason: Localized };

/** The call that a notification tells of, see the template in README.md. */
export function toDeal(body: unknown, receivedAt: Date): Deal | NoCall {
  const sent = asRecord(body);
  const fields = formFields(sent, (name) => PERSONAL.test(name) && name !== OWN_NUMBER);
  const id = findValue(fields, ["call_session_id"]);
  if (id === null) return { reason: noId };
  const direction = asText(sent.direction)?.toLowerCase() ?? "";
  return {
    account: "uis",
    kind: "call",
    id,
    pipeline: DIRECTIONS.has(direction) ? [direction] : [],
    stage: stagesOf(sent),
    // A notification comes at the end of a call; only some events tell its beginning.
    happenedAt: findValue(fields, ["start_time", "notification_time"]) ?? receivedAt.toISOString(),
    price: null,
    currency: null,
    fields,
    contact: { phones: usable(sent.contact_phone_number), emails: usable(sent.contact_email) },
  };
}

/** What a mapping may name it by; UIS's own name of the event stands last. */
function stagesOf(sent: Readonly<Record<string, unknown>>): readonly string[] {
  const talked = numberOf(sent.talk_time_duration);
  const turn = numberOf(sent.communication_number);
  const answer = talked === null ? [] : [talked > 0 ? "answered" : "missed"];
  const order = turn === null ? [] : [turn === 1 ? "first" : "repeated"];
  const both = talked !== null && talked > 0 && turn === 1 ? ["first_answered"] : [];
  return ["call", ...answer, ...order, ...both, ...tagsOf(sent.tag_names), ...usable(sent.notification_mnemonic)];
}

/** A list, or one text with commas. */
function tagsOf(sent: unknown): readonly string[] {
  const texts = Array.isArray(sent) ? asList(sent).map(asText) : [asText(sent)];
  const tags = texts.flatMap((text) => text?.split(",") ?? []).map((text) => text.trim());
  return tags.filter((tag) => !isPlaceholder(tag));
}

/** A count of seconds or calls; null for anything else. */
function numberOf(sent: unknown): number | null {
  const text = asText(sent);
  return text !== null && /^\d{1,9}(?:\.\d+)?$/.test(text) ? Number(text) : null;
}

function usable(sent: unknown): readonly string[] {
  const text = asText(sent);
  return text === null || isPlaceholder(text) ? [] : [text];
}

const noId: Localized = {
  ru: "В уведомлении нет call_session_id. Вставьте в настройках уведомления UIS шаблон из описания плагина: он передаёт этот параметр.",
  en: "The notification has no call_session_id. Put the template of the plugin's description into the notification's settings in UIS: it sends it.",
};
