import {
  formToken,
  hmac,
  pathSecret,
  type SenderVerifier,
  sharedSecret,
  standardWebhooks,
} from "metrika-gateway/plugin";
import * as v from "valibot";

const headerName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,100}$/));

/** How the sender proves itself. */
export const Proof = v.variant("by", [
  v.pipe(
    v.object({
      by: v.literal("header"),
      header: v.optional(
        v.pipe(headerName, v.title("Header"), v.description("Default: X-Webhook-Secret")),
        "X-Webhook-Secret",
      ),
    }),
    v.title("A secret in a header"),
  ),
  v.pipe(v.object({ by: v.literal("address") }), v.title("A secret at the end of the address")),
  v.pipe(
    v.object({
      by: v.literal("field"),
      path: v.pipe(
        v.string(),
        v.minLength(1),
        v.maxLength(200),
        v.title("Field"),
        v.description("Where it stands in the form or JSON, such as auth[token]"),
      ),
    }),
    v.title("A secret in a field of the body"),
  ),
  v.pipe(
    v.object({
      by: v.literal("hmac"),
      header: v.pipe(headerName, v.title("Header"), v.description("The header that the signature travels in")),
      algorithm: v.optional(v.pipe(v.picklist(["sha256", "sha1"]), v.title("Algorithm")), "sha256"),
      encoding: v.optional(v.pipe(v.picklist(["hex", "base64"]), v.title("Encoding of the signature")), "hex"),
      prefix: v.optional(
        v.pipe(
          v.string(),
          v.maxLength(20),
          v.title("Prefix"),
          v.description("What stands before the signature, such as sha256="),
        ),
        "",
      ),
    }),
    v.title("A signature of the body (HMAC)"),
  ),
  v.pipe(v.object({ by: v.literal("standard-webhooks") }), v.title("A signature by Standard Webhooks")),
]);

/** The verifier of a source's senders. */
export function verifierOf(proof: v.InferOutput<typeof Proof>): SenderVerifier {
  switch (proof.by) {
    case "header":
      return sharedSecret(proof.header);
    case "address":
      return pathSecret();
    case "field":
      return formToken(proof.path);
    case "hmac":
      return hmac(proof);
    case "standard-webhooks":
      return standardWebhooks();
  }
}
