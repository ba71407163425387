import { expect, test } from "bun:test";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { standardWebhooks } from "./standard-webhooks.ts";

const KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const verifier = standardWebhooks();
const folder = `${import.meta.dir}/../../../tests/fixtures/senders/standard-webhooks`;
const bytesOf = (name: string) => Bun.file(`${folder}/${name}.txt`).bytes();
const text = (content: string) => new TextEncoder().encode(content);

/** The vector of the specification's own libraries. */
const vector = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: "1614265330",
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  body: await bytesOf("test-vector"),
  keys: [KEY] as readonly string[],
};
const NOW = 1_614_265_330_000;

const headersOf = ({ id, timestamp, signature }: Partial<typeof vector>) =>
  new Headers({
    ...(id !== undefined && { "webhook-id": id }),
    ...(timestamp !== undefined && { "webhook-timestamp": timestamp }),
    ...(signature !== undefined && { "webhook-signature": signature }),
  });
const verifySent = (headers: Headers, { body, keys }: typeof vector) =>
  verifier.verify(
    { headers, raw: async () => body, readForm: () => Promise.reject(new Error("unread")) },
    { hashes: [], keys },
  );
const verify = (change: Partial<typeof vector> = {}) => {
  const told = { ...vector, ...change };
  return verifySent(headersOf(told), told);
};
const refuse = (headers: Partial<typeof vector>, now = NOW) => verifier.refuse(headersOf(headers), now);

test("the official vectors are right", async () => {
  expect(refuse(vector)).toBeNull();
  expect(await verify()).toBe("right");
  const contact = {
    id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    timestamp: "1674087231",
    signature: "v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=",
    body: await bytesOf("contact-created"),
  };
  expect(await verify(contact)).toBe("right");
});

test("whatever is not exactly the signature is wrong", async () => {
  const { signature } = vector;
  const bare = signature.slice(3);
  const nearly = [signature.slice(0, 10), signature.slice(0, -1), `${signature}=`, `${signature},x`, "v1,", "v1", ","];
  const versions = [bare, `v2,${bare}`, `v1a,${bare}`, `V1,${bare}`, `v1 ${bare}`, `v1, ${bare}`, `v1;${bare}`];
  const bases = [`v1,${bare.replaceAll("+", "-").replaceAll("/", "_")}`, `v1,${"A".repeat(43)}=`];
  const cases = [signature.toUpperCase(), signature.toLowerCase(), `v1,${Buffer.from(bare, "base64").toString("hex")}`];
  for (const presented of [...nearly, ...versions, ...bases, ...cases])
    expect(await verify({ signature: presented })).toBe("wrong");
});

test("of several signatures in one header one must be right", async () => {
  const { signature } = vector;
  expect(await verify({ signature: `v1,other v1a,other ${signature}` })).toBe("right");
  expect(await verify({ signature: `${signature} v1,other` })).toBe("right");
  expect(await verify({ signature: "v1,one v1,two" })).toBe("wrong");
});

test("a header that comes twice is wrong, even with the right signature", async () => {
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
    const headers = headersOf(vector);
    headers.append(name, headers.get(name) ?? "");
    expect(await verifySent(headers, vector)).toBe("wrong");
  }
});

test("a changed id, time or body is wrong: all of them are signed", async () => {
  expect(await verify({ id: "msg_other" })).toBe("wrong");
  expect(await verify({ timestamp: "1614265331" })).toBe("wrong");
  expect(await verify({ timestamp: "01614265330" })).toBe("wrong");
  expect(await verify({ body: text('{"test":2432232314}') })).toBe("wrong");
});

test("without id or signature the proof is missing", () => {
  const { id, timestamp, signature } = vector;
  for (const headers of [{}, { timestamp, signature }, { id, timestamp }, { ...vector, id: "" }])
    expect(refuse(headers)).toBe("missing");
});

test("a time is taken up to five minutes away, in the past and in the future", () => {
  const tolerance = 300_000;
  expect(refuse(vector, NOW + tolerance)).toBeNull();
  expect(refuse(vector, NOW - tolerance)).toBeNull();
  expect(refuse(vector, NOW + tolerance + 1)).toBe("stale");
  expect(refuse(vector, NOW - tolerance - 1)).toBe("stale");
});

test("a time that is missing or no whole number of seconds is stale", () => {
  const { id, signature } = vector;
  expect(refuse({ id, signature })).toBe("stale");
  for (const timestamp of ["", "now", "1614265330x", "1614265330.0", "1614265330000", "-1614265330", "1e9", "0x60"])
    expect(refuse({ ...vector, timestamp })).toBe("stale");
});

test("during a rotation both keys are right; without any, and with another, nothing is", async () => {
  expect(await verify({ keys: [OTHER_KEY, KEY] })).toBe("right");
  expect(await verify({ keys: [OTHER_KEY] })).toBe("wrong");
  expect(await verify({ keys: [] })).toBe("wrong");
});

test("a key is whsec_ and the base64 of 24 to 64 bytes, and a new one is such", () => {
  expect(verifier.faultOf?.(KEY)).toBeNull();
  expect(verifier.faultOf?.(verifier.newSecret())).toBeNull();
  const short = `whsec_${Buffer.alloc(23).toString("base64")}`;
  const long = `whsec_${Buffer.alloc(65).toString("base64")}`;
  for (const key of ["", "whsec_", KEY.slice(6), `${KEY}!`, `${KEY} `, short, long])
    expect(verifier.faultOf?.(key)?.en).toContain("24 to 64 bytes");
});

test("the id becomes the message's id", () => {
  expect(verifier.messageId?.(headersOf(vector))).toBe(vector.id);
});

test("for every message, what the reference library signs is right, and wrong with any character of it changed", async () => {
  const visible = fc.stringMatching(/^[!-~]{1,40}$/);
  const message = fc.record({
    id: visible,
    seconds: fc.integer({ min: 1, max: 4e9 }),
    body: fc.string(),
    at: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(message, async ({ id, seconds, body, at }) => {
      const signature = new Webhook(KEY).sign(id, new Date(seconds * 1000), body);
      const told = { id, timestamp: String(seconds), body: text(body) };
      expect(await verify({ ...told, signature })).toBe("right");
      const place = 3 + (at % (signature.length - 3));
      const changed = signature.slice(0, place) + (signature[place] === "A" ? "B" : "A") + signature.slice(place + 1);
      expect(await verify({ ...told, signature: changed })).toBe("wrong");
    }),
  );
});
