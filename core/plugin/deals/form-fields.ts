import type { DealField } from "./deal.ts";
import { asRecord, asText } from "./loose.ts";

/**
 * The parameters of a flat form as the fields of a deal, known by their names in the form. A parameter that came as a list has several
 * values; one with parts of its own (`payment[amount]`) is left out.
 * @param isLeftOut by a parameter's name: those whose values must not become fields, such as a buyer's phone
 */
export function formFields(form: unknown, isLeftOut: (name: string) => boolean = () => false): readonly DealField[] {
  return Object.entries(asRecord(form)).flatMap(([name, value]) => {
    const values = isLeftOut(name) ? [] : textsOf(value);
    return values.length === 0 ? [] : [{ id: null, code: name, name: null, values }];
  });
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(asText).filter((text) => text !== null);
}
