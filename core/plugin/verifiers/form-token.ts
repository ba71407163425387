import { newSecret, secretMatches } from "../../vault/secrets.ts";
import type { BodyVerifier, SecretOrigin } from "./verifier.ts";

/**
 * A secret inside a form or JSON body, such as Bitrix24's `auth[application_token]`
 * (https://github.com/bitrix-tools/b24-rest-docs, `api-reference/events/index.md`). It does not prove that the rest of the
 * body is the sender's: whoever once saw a request can make others.
 * @param path where it stands, as in the form: `auth[application_token]`
 * @param secretFrom who makes it; Bitrix24 makes its own
 */
export function formToken(path: string, secretFrom: SecretOrigin = "either"): BodyVerifier {
  const names = path.match(/[^[\]]+/g) ?? [];
  return {
    reads: "body",
    keeps: "hash",
    secretFrom,
    place: { ru: `в поле «${path}» тела запроса`, en: `in the field "${path}" of the body` },
    newSecret: () => newSecret(),
    refuse: () => null,
    async verify(sent, { hashes }) {
      const presented = fieldOf(await sent.readForm(), names);
      if (presented === undefined || presented === null || presented === "") return "missing";
      // What is no text was never a secret, and takes as long as one.
      const matches = secretMatches(typeof presented === "string" ? presented : "", hashes);
      return matches ? "right" : "wrong";
    },
  };
}

/** The value at a path of own fields; undefined where there is none. */
function fieldOf(form: unknown, names: readonly string[]): unknown {
  let value = form;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
