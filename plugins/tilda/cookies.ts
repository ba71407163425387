import type { DealField } from "metrika-gateway/plugin";

/**
 * The cookies that Tilda sends as one text, `a=b; c=d`, their values still percent-encoded. What call tracking and Tilda itself pack
 * into one cookie comes out as fields of their own: `cted.ya_client_id`, `utm_source`.
 */
export function cookieFields(text: string): readonly DealField[] {
  return text.split(";").flatMap((pair) => {
    const [name, value] = cut(pair.trim(), "=");
    if (name === "" || value === "") return [];
    const decoded = decode(value);
    return [field(name, decoded), ...packed(name, decoded)];
  });
}

/** Calltouch: `modId=…;ya_client_id=…`. Tilda: `utm_source=…|||utm_medium=…|||`. */
function packed(name: string, value: string): readonly DealField[] {
  if (name !== "cted" && name !== "TILDAUTM") return [];
  return value.split(/;|\|\|\|/).flatMap((pair) => {
    const [key, inner] = cut(pair.trim(), "=");
    if (key === "" || inner === "") return [];
    return [field(name === "cted" ? `cted.${key}` : key, decode(inner))];
  });
}

const field = (code: string, value: string): DealField => ({ id: null, code, name: null, values: [value] });

function cut(text: string, at: string): readonly [string, string] {
  const i = text.indexOf(at);
  return i === -1 ? [text, ""] : [text.slice(0, i), text.slice(i + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
