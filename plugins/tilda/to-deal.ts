import { asRecord, asText, type Contact, type Deal, type DealField } from "metrika-gateway/plugin";
import { cookieFields } from "./cookies.ts";

/** What Tilda adds to the fields of a form itself. */
const OWN = new Set(["COOKIES", "payment", "formid", "formname", "tranid"]);

/** How forms name a phone and an e-mail, whose values never become fields. */
const PHONE = /phone|телефон|tel\b/i;
const EMAIL = /e-?mail|почта/i;

/** An order or a request that a form of Tilda sent; null for the test that Tilda sends when it is connected. */
export function toDeal(form: unknown, intake: { readonly id: string; readonly receivedAt: Date }): Deal | null {
  const sent = asRecord(form);
  if (Object.keys(sent).length === 1 && asText(sent.test) === "test") return null;
  const payment = asRecord(sent.payment);
  const isCart = Object.keys(payment).length > 0;
  const texts = Object.entries(sent).flatMap(([name, value]) => {
    const text = OWN.has(name) ? null : asText(value);
    return text === null ? [] : [{ name, text }];
  });
  const names = [sent.formid, sent.formname].map(asText).filter((name) => name !== null);
  return {
    account: "tilda",
    kind: isCart ? "order" : "form",
    // A form without an id of its own is told once: Tilda repeats what was answered late, with the same `tranid`.
    id: asText(payment.orderid) ?? asText(sent.tranid) ?? intake.id,
    pipeline: [],
    stage: [...names, isCart ? "cart" : "form"],
    // Tilda tells no time.
    happenedAt: intake.receivedAt.toISOString(),
    price: isCart ? asText(payment.amount) : null,
    currency: null,
    fields: [
      ...texts.filter(({ name }) => !PHONE.test(name) && !EMAIL.test(name)).map(formField),
      ...paymentFields(payment),
      ...cookieFields(asText(sent.COOKIES) ?? ""),
    ],
    contact: contactOf(texts),
  };
}

const formField = ({ name, text }: { readonly name: string; readonly text: string }): DealField => ({
  ...{ id: null, code: name, values: [text] },
  // Tilda writes the spaces of a name as underscores.
  name: name.replaceAll("_", " "),
});

const paymentFields = (payment: Readonly<Record<string, unknown>>): readonly DealField[] =>
  Object.entries(payment).flatMap(([name, value]) => {
    const text = asText(value);
    return text === null ? [] : [{ id: null, code: `payment.${name}`, name: null, values: [text] }];
  });

function contactOf(texts: readonly { readonly name: string; readonly text: string }[]): Contact {
  const of = (pattern: RegExp) => texts.filter(({ name }) => pattern.test(name)).map(({ text }) => text);
  return { phones: of(PHONE), emails: of(EMAIL) };
}
