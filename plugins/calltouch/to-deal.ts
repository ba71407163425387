import { type Deal, type DealField, findValue, formFields, isPlaceholder } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";

/** Parameters with the buyer's or an employee's phone, name or address, whose values never become fields. */
const PERSONAL = /phone|callernumber|email|e-mail|fio|^name$|clientname|comment|recordlink/i;
/** The number that was shown on the site is the company's own. */
const OWN_NUMBER = /^phonenumber$/i;
const CALLER = /^(?:callerphone|callernumber|clientphone|phone)$/i;
const EMAIL = /e-?mail/i;

const YES = /^(?:true|1|yes|да)$/i;
const NO = /^(?:false|0|no|нет)$/i;

/** DD/MM/YYYY HH:MM:SS, as Calltouch's API and account show times. */
const DAY_FIRST = /^(\d{2})[./](\d{2})[./](\d{4})[ T](\d{2}:\d{2}(?::\d{2})?)$/;

/** A hook, its address and body taken together. */
export interface SentHook {
  /** What it is about, by the address: "call", "request", "deal", "chat". */
  readonly event: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * A call, request or deal that a hook tells of. One without an id of its own is known by the intake that told of it.
 * @param intake the request that was kept
 */
export function toDeal(
  { parameters: named }: Pick<Config, "parameters">,
  { event, parameters }: SentHook,
  intake: { readonly id: string; readonly receivedAt: Date },
): Deal {
  const fields = formFields(parameters, (name) => PERSONAL.test(name) && !OWN_NUMBER.test(name));
  const everything = formFields(parameters);
  const time = findValue(fields, named.time);
  return {
    account: "calltouch",
    kind: event,
    id: findValue(fields, named.id) ?? intake.id,
    pipeline: [event],
    stage: stagesOf(event, fields, named.stage),
    happenedAt: time === null ? intake.receivedAt.toISOString() : isoOf(time),
    price: findValue(fields, named.price),
    currency: null,
    fields,
    contact: { phones: usable(everything, CALLER), emails: usable(everything, EMAIL) },
  };
}

/** Whether somebody tries the address by a hook whose variables have no values: `callerphone={callerphone}`. */
export function isTrial({ parameters }: SentHook): boolean {
  const values = formFields(parameters).flatMap((field) => field.values);
  return values.length > 0 && values.every((value) => /^\{\w+\}$/.test(value));
}

/** What a mapping may name it by; what the hook says itself stands last. */
function stagesOf(event: string, fields: readonly DealField[], refs: readonly string[]): readonly string[] {
  const told = refs.flatMap((ref) => withName(fields, ref).flatMap((value) => value.split(",")));
  const stages = told.map((text) => text.trim()).filter((text) => NO.test(text) || !isPlaceholder(text));
  const isUnique = answerOf(fields, "unique") ?? answerOf(fields, "uniqueCall");
  const isSuccessful = stages.some((stage) => /^successful$/i.test(stage) || YES.test(stage));
  return [
    event,
    ...(isUnique === null ? [] : [isUnique ? "unique" : "repeated"]),
    ...(isUnique === true && isSuccessful ? ["unique_successful"] : []),
    ...(answerOf(fields, "targetCall") === true ? ["target"] : []),
    ...(answerOf(fields, "uniqTargetCall") === true ? ["unique_target"] : []),
    ...stages,
  ];
}

/** What a parameter says to a question of yes or no; null where it says neither. */
function answerOf(fields: readonly DealField[], name: string): boolean | null {
  const value = withName(fields, name).find((text) => YES.test(text) || NO.test(text));
  return value === undefined ? null : YES.test(value);
}

const withName = (fields: readonly DealField[], name: string): readonly string[] =>
  fields.filter(({ code }) => code?.toLowerCase() === name.toLowerCase()).flatMap(({ values }) => values);

const usable = (fields: readonly DealField[], name: RegExp): readonly string[] =>
  fields
    .filter(({ code }) => name.test(code ?? ""))
    .flatMap(({ values }) => values)
    .filter((value) => !isPlaceholder(value));

function isoOf(time: string): string {
  const [, day, month, year, clock] = DAY_FIRST.exec(time) ?? [];
  return clock === undefined ? time : `${year}-${month}-${day} ${clock}`;
}
