import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type HmacOptions, hmac } from "./hmac.ts";

const KEY = "example-woo-secret";
const fixture = `${import.meta.dir}/../../../tests/fixtures/senders/woocommerce/order-updated.txt`;
const order = await Bun.file(fixture).bytes();
/** As signed by WooCommerce's own rule, https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks. */
const SIGNATURE = "8MVtFpN79yWoUgrHQW1O9knSK9R7MnKaSD+zFBGEeYM=";
const wooCommerce: HmacOptions = { header: "X-WC-Webhook-Signature", algorithm: "sha256", encoding: "base64" };

const text = (content: string) => new TextEncoder().encode(content);
function sent(headers: HeadersInit, body: Uint8Array = order) {
  return { headers: new Headers(headers), raw: async () => body, readForm: () => Promise.reject(new Error("unread")) };
}
const verify = (signature: string, { options = wooCommerce, body = order, keys = [KEY] as readonly string[] } = {}) =>
  hmac(options).verify(sent({ [options.header]: signature }, body), { hashes: [], keys });

test("WooCommerce's signature of an order is right", async () => {
  expect(await verify(SIGNATURE)).toBe("right");
});

test("no signature, or an empty one, is missing before the body is read", () => {
  expect(hmac(wooCommerce).refuse(new Headers(), 0)).toBe("missing");
  expect(hmac(wooCommerce).refuse(new Headers({ "x-wc-webhook-signature": "" }), 0)).toBe("missing");
  expect(hmac(wooCommerce).refuse(new Headers({ "x-wc-webhook-signature": "x" }), 0)).toBeNull();
});

test("whatever is not exactly the signature is wrong", async () => {
  const nearly = [SIGNATURE.slice(0, 20), SIGNATURE.slice(0, -1), `${SIGNATURE}=`, SIGNATURE.replaceAll("+", "-")];
  const others = ["v1,", "=", SIGNATURE.toLowerCase(), `sha256=${SIGNATURE}`, `v1,${SIGNATURE}`, "9".repeat(44)];
  for (const signature of [...nearly, ...others]) expect(await verify(signature)).toBe("wrong");
});

test("a header that comes twice is wrong, even with the right signature", async () => {
  const headers = new Headers({ "x-wc-webhook-signature": SIGNATURE });
  headers.append("x-wc-webhook-signature", SIGNATURE);
  expect(await hmac(wooCommerce).verify(sent(headers), { hashes: [], keys: [KEY] })).toBe("wrong");
});

test("the signature is of the bytes: the same JSON written otherwise is wrong", async () => {
  const parsed = JSON.parse(new TextDecoder().decode(order));
  const reordered = Object.fromEntries(Object.entries(parsed).reverse());
  const bodies = [JSON.stringify(parsed, null, 2), JSON.stringify(reordered), `${JSON.stringify(parsed)}\n`];
  for (const body of bodies) expect(await verify(SIGNATURE, { body: text(body) })).toBe("wrong");
});

test("bytes that are no UTF-8 are signed as they are", async () => {
  const body = new Uint8Array([0xff, 0xfe, 0x00, 0xcf]);
  const signature = createHmac("sha256", KEY).update(body).digest("base64");
  expect(await verify(signature, { body })).toBe("right");
  // Decoded, both would be the same replacement characters.
  expect(await verify(signature, { body: new Uint8Array([0xfd, 0xfe, 0x00, 0xcf]) })).toBe("wrong");
});

test("hex is lower case, with its prefix, by the algorithm that was named", async () => {
  const options: HmacOptions = { header: "X-Signature", algorithm: "sha1", encoding: "hex", prefix: "sha1=" };
  const signature = createHmac("sha1", KEY).update(order).digest("hex");
  expect(await verify(`sha1=${signature}`, { options })).toBe("right");
  expect(await verify(`sha1=${signature.toUpperCase()}`, { options })).toBe("wrong");
  expect(await verify(signature, { options })).toBe("wrong");
  const longer = createHmac("sha256", KEY).update(order).digest("hex");
  expect(await verify(`sha1=${longer}`, { options })).toBe("wrong");
});

test("what else is signed beside the body can be named", async () => {
  const options: HmacOptions = {
    ...{ header: "X-Signature", algorithm: "sha256", encoding: "hex" },
    over: (body, headers) => Buffer.concat([text(headers.get("x-time") ?? ""), body]),
  };
  const signature = createHmac("sha256", KEY).update("17").update(order).digest("hex");
  const at = (time: string) =>
    hmac(options).verify(sent({ "x-signature": signature, "x-time": time }), { hashes: [], keys: [KEY] });
  expect([await at("17"), await at("18")]).toEqual(["right", "wrong"]);
});

test("during a rotation both keys are right; without any, and with another, nothing is", async () => {
  expect(await verify(SIGNATURE, { keys: ["newer", KEY] })).toBe("right");
  expect(await verify(SIGNATURE, { keys: ["newer"] })).toBe("wrong");
  expect(await verify(SIGNATURE, { keys: [] })).toBe("wrong");
});
