import { asRecord, asText, type Deal, findValue, formFields, isPlaceholder } from "metrika-gateway/plugin";

/** Parameters with a person's phone, name or words, whose values never become fields. */
const PERSONAL = /phone|e-?mail|^name$|comment|link_download|conversation/i;

/** An event of Callibri: a call, or another lead. One without a `lid_id` is known by the intake that told of it. */
export function toDeal(form: unknown, intake: { readonly id: string; readonly receivedAt: Date }): Deal {
  const sent = asRecord(form);
  const fields = formFields(sent, (name) => PERSONAL.test(name));
  const kind = eventOf(sent);
  return {
    account: "callibri",
    kind,
    id: findValue(fields, ["lid_id"]) ?? intake.id,
    pipeline: [kind],
    stage: [kind, ...lidOf(sent), ...usable(sent.call_status)],
    // In the project's zone.
    happenedAt: findValue(fields, ["date_project"]) ?? intake.receivedAt.toISOString(),
    price: null,
    currency: null,
    fields,
    contact: { phones: usable(sent.phone), emails: usable(sent.email) },
  };
}

function eventOf(sent: Readonly<Record<string, unknown>>): string {
  const event = asText(sent.event_type)?.toLowerCase() ?? "";
  return /^[a-z_]{1,20}$/.test(event) ? event : "call";
}

/** Whether Callibri takes it for a lead. */
function lidOf(sent: Readonly<Record<string, unknown>>): readonly string[] {
  const answer = asText(sent.is_lid)?.toLowerCase() ?? "";
  if (answer === "1" || answer === "true") return ["lid"];
  return answer === "0" || answer === "false" ? ["not_lid"] : [];
}

function usable(sent: unknown): readonly string[] {
  const text = asText(sent);
  return text === null || isPlaceholder(text) ? [] : [text];
}
