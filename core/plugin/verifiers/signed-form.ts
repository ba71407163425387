import { hash } from "node:crypto";
import * as v from "valibot";
import { newSecret } from "../../vault/secrets.ts";
import { isSignedBy } from "./signed-by.ts";
import type { BodyVerifier, SecretOrigin } from "./verifier.ts";

/** How a sender signs its forms. */
export interface SignedFormOptions<Field extends string> {
  /** The field that holds the signature: hex of SHA-256, in lower case. */
  readonly signature: Field;
  /** The fields that are signed; each comes once, as a text. */
  readonly fields: readonly Field[];
  /** What is hashed, of the signed fields as they were before they were encoded, and the key. */
  readonly over: (fields: Readonly<Record<Field, string>>, key: string) => string;
  /** Who makes the key; default: either. */
  readonly secretFrom?: SecretOrigin;
}

/**
 * A signature in a field of the form, over other fields of it: Mango Office's `sign` is the hex SHA-256 of
 * `vpbx_api_key`, `json` and the salt, joined (VPBX API 1.9).
 */
export function signedForm<const Field extends string>({
  signature,
  fields,
  over,
  secretFrom = "either",
}: SignedFormOptions<Field>): BodyVerifier {
  const Form = v.object(Object.fromEntries([signature, ...fields].map((name) => [name, v.string()])));
  return {
    reads: "body",
    keeps: "key",
    secretFrom,
    place: { ru: `в поле «${signature}» формы`, en: `in the field "${signature}" of the form` },
    newSecret: () => newSecret(),
    refuse: () => null,
    async verify(sent, { keys }) {
      const form = v.safeParse(Form, await sent.readForm());
      if (!form.success) return "missing";
      const told = form.output as Readonly<Record<Field, string>>;
      const sign = (key: string) => hash("sha256", over(told, key), "hex");
      return isSignedBy(keys, [told[signature]], sign) ? "right" : "wrong";
    },
  };
}
