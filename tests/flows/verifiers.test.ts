import { afterEach, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { resetSync } from "@logtape/logtape";
import { formToken, hmac, pathSecret, sharedSecret, standardWebhooks } from "metrika-gateway/plugin";
import { Webhook } from "standardwebhooks";
import { configureLogging } from "../../gateway/logging.ts";
import { type Answer, DAY, MINUTE, SECOND, START, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { createSource, signedPlugin } from "../setup/signed-plugin.ts";

afterEach(() => resetSync());

const UNKNOWN = "0192a3b4-0000-7000-8000-000000000000";
const SECRET = "a secret of the sender's own choice";
const KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const says = ({ status, body }: Answer) => [status, body.code];

/** Everything a stranger could tell two refusals apart by. */
function visible({ status, body, headers }: Answer): unknown {
  const { request_id: _, ...rest } = body;
  return { status, rest, kept: [...headers].filter(([name]) => name !== "x-request-id") };
}

function readLog(): string[] {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  return lines;
}

const nothingStored = async ({ sql }: TestGateway) => expect(await sql("select 1 from batches")).toEqual([]);

/** A message of Standard Webhooks as it would be sent at an instant. */
function message(
  conversions: readonly unknown[],
  { id = "msg_1", key = KEY, at = Date.parse(START) }: { id?: string; key?: string; at?: number } = {},
) {
  const body = JSON.stringify({ conversions });
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": new Webhook(key).sign(id, new Date(at), body),
  };
  return { body, headers };
}

async function startSigned() {
  const gateway = await startTestGateway({ plugins: [signedPlugin("signed", standardWebhooks())] });
  const source = await createSource(gateway, "signed", { keeps: "key", value: KEY });
  return { gateway, source, path: `/sources/signed/${source.uuid}` };
}

test("a message of Standard Webhooks is taken, and its key lies sealed in the database", async () => {
  const { gateway, path } = await startSigned();
  const sent = await gateway.request("POST", path, message([sale(0)]));
  expect(sent.status).toBe(202);
  expect(sent.body).toMatchObject({ accepted_count: 1 });
  const [row] = await gateway.sql<Record<string, string | null>>("select secret_hash, sealed_secret from sources");
  expect(row?.secret_hash).toBeNull();
  expect(row?.sealed_secret).toStartWith("v1.");
  expect(row?.sealed_secret).not.toContain(KEY.slice(6));
});

test("a message that comes again is answered as the first time and counted once, whatever key its header names", async () => {
  const { gateway, path } = await startSigned();
  const { body, headers } = message([sale(0)]);
  const first = await gateway.request("POST", path, { body, headers });
  const again = await gateway.request("POST", path, { body, headers: { ...headers, "idempotency-key": "other" } });
  expect(again.body.batch_id).toBe(first.body.batch_id);
  const attempt = message([sale(0)], { at: Date.parse(START) + SECOND });
  expect((await gateway.request("POST", path, attempt)).body.batch_id).toBe(first.body.batch_id);
  expect(await gateway.sql("select count(*) as n from batches")).toEqual([{ n: 1 }]);
});

test("the same message is refused when five minutes have passed, and one from the future too", async () => {
  const { gateway, path } = await startSigned();
  gateway.advance(5 * MINUTE);
  expect((await gateway.request("POST", path, message([sale(0)]))).status).toBe(202);
  gateway.advance(SECOND);
  const late = await gateway.request("POST", path, message([sale(0)]));
  expect(says(late)).toEqual([403, "signature_stale"]);
  expect(late.body.detail).toContain("2026-11-23T12:05:01.000Z");
  const early = message([sale(1)], { at: Date.parse(START) + 10 * MINUTE + 2 * SECOND });
  expect(says(await gateway.request("POST", path, early))).toEqual([403, "signature_stale"]);
});

test("changed ids, times and bodies are refused: all of them are signed", async () => {
  const { gateway, path } = await startSigned();
  const { body, headers } = message([sale(0)]);
  const changed = [
    { body, headers: { ...headers, "webhook-id": "msg_2" } },
    { body, headers: { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) + 1) } },
    { body: `${body} `, headers },
    { body: JSON.stringify(JSON.parse(body), null, 1), headers },
    { body, headers: { ...headers, "webhook-signature": "v1," } },
  ];
  for (const request of changed)
    expect(says(await gateway.request("POST", path, request))).toEqual([403, "signature_wrong"]);
  await nothingStored(gateway);
});

test("an unknown source is refused in the very words of a wrong, a missing and a stale signature", async () => {
  const { gateway, path } = await startSigned();
  const wrong = message([sale(0)], { key: NEW_KEY });
  const { "webhook-timestamp": _, ...untimed } = wrong.headers;
  const requests = [
    { ...wrong, code: "signature_wrong" },
    { body: wrong.body, headers: {}, code: "signature_missing" },
    { body: wrong.body, headers: untimed, code: "signature_stale" },
    { ...message([sale(0)], { at: 0 }), code: "signature_stale" },
    { body: new Uint8Array([0xff]), headers: wrong.headers, code: "signature_wrong" },
  ];
  for (const { code, ...request } of requests) {
    const known = await gateway.request("POST", path, request);
    expect(known.body.code).toBe(code);
    expect(visible(await gateway.request("POST", `/sources/signed/${UNKNOWN}`, request))).toEqual(visible(known));
    expect(visible(await gateway.request("POST", "/sources/signed/no-uuid", request))).toEqual(visible(known));
  }
  await nothingStored(gateway);
});

test("after a rotation both keys are right for 24 hours, the old one not a second longer, and never three", async () => {
  const { gateway, source, path } = await startSigned();
  const post = (key: string, visitor: number) => {
    const at = gateway.clock.now();
    return gateway.request("POST", path, message([sale(visitor)], { key, at, id: `msg_${visitor}` }));
  };
  await gateway.gateway.sources.rotateSecret(source, { keeps: "key", value: NEW_KEY });
  expect([(await post(KEY, 0)).status, (await post(NEW_KEY, 1)).status]).toEqual([202, 202]);
  gateway.advance(DAY - SECOND);
  expect((await post(KEY, 2)).status).toBe(202);
  gateway.advance(SECOND);
  expect(says(await post(KEY, 3))).toEqual([403, "signature_wrong"]);
  expect((await post(NEW_KEY, 3)).status).toBe(202);
  const { sources, store } = gateway.gateway;
  for (let i = 0; i < 11; i++) {
    const now = await store.sources.get(source.id);
    if (now) await sources.rotateSecret(now, { keeps: "key", value: standardWebhooks().newSecret() });
  }
  expect(says(await post(NEW_KEY, 4))).toEqual([403, "signature_wrong"]);
});

test("a signature over raw bytes is checked before the body is parsed, and both see the same bytes", async () => {
  const verify = hmac({ header: "X-WC-Webhook-Signature", algorithm: "sha256", encoding: "base64" });
  const gateway = await startTestGateway({ plugins: [signedPlugin("shop", verify)] });
  const { uuid } = await createSource(gateway, "shop", { keeps: "key", value: SECRET });
  const post = (body: string | Uint8Array, key = SECRET) =>
    gateway.request("POST", `/sources/shop/${uuid}`, {
      body,
      headers: { "x-wc-webhook-signature": createHmac("sha256", key).update(body).digest("base64") },
    });
  const spaced = JSON.stringify({ conversions: [sale(0)] }, null, 3).replace("purchase", "p\\u0075rchase");
  expect((await post(spaced)).status).toBe(202);
  expect(says(await post("{broken", "another key"))).toEqual([403, "signature_wrong"]);
  expect(says(await post("{broken"))).toEqual([400, "malformed_json"]);
  expect(says(await post(new Uint8Array([0x61, 0xcf])))).toEqual([400, "invalid_encoding"]);
});

test("a token in a form opens, and no other does", async () => {
  const gateway = await startTestGateway({ plugins: [signedPlugin("bitrix24", formToken("auth[application_token]"))] });
  const { uuid } = await createSource(gateway, "bitrix24", { keeps: "hash", value: SECRET });
  const fields = Object.entries(sale(0)).map(([name, value]) => [`conversions[0][${name}]`, String(value)]);
  const form = (token: string) => new URLSearchParams([...fields, ["auth[application_token]", token]]).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const post = (body: string, id = uuid) => gateway.request("POST", `/sources/bitrix24/${id}`, { body, headers });
  expect((await post(form(SECRET))).body).toMatchObject({ accepted_count: 1 });
  for (const body of [form("wrong"), "event=ONCRMDEALADD", `a${"[b]".repeat(13)}=1`, "a=%CF%F0"]) {
    expect(visible(await post(body, UNKNOWN))).toEqual(visible(await post(body)));
  }
  expect(says(await post(form("wrong")))).toEqual([403, "secret_wrong"]);
  expect(says(await post("event=ONCRMDEALADD"))).toEqual([401, "secret_missing"]);
  expect(says(await post(`a${"[b]".repeat(13)}=1`))).toEqual([400, "malformed_form"]);
});

test("a body that is too large is refused alike for known and unknown sources", async () => {
  const env = { MAX_REQUEST_BYTES: "2048" };
  const gateway = await startTestGateway({ env, plugins: [signedPlugin("form", formToken("token"))] });
  const { uuid } = await createSource(gateway, "form", { keeps: "hash", value: SECRET });
  for (const id of [uuid, UNKNOWN]) {
    const answer = await gateway.request("POST", `/sources/form/${id}`, { body: `token=${"x".repeat(3000)}` });
    expect(says(answer)).toEqual([413, "body_too_large"]);
  }
});

test("a secret in the address opens, and stands in no line of our log, neither right nor nearly so", async () => {
  const lines = readLog();
  const gateway = await startTestGateway({ plugins: [signedPlugin("tilda", pathSecret())] });
  const secret = pathSecret().newSecret();
  const { uuid } = await createSource(gateway, "tilda", { keeps: "hash", value: secret });
  const post = (end: string, body: unknown = { conversions: [sale(0)] }) =>
    gateway.request("POST", `/sources/tilda/${uuid}/${end}`, { body });
  expect((await post(secret)).status).toBe(202);
  const nearly = secret.slice(0, -1);
  expect(says(await post(nearly))).toEqual([403, "secret_wrong"]);
  expect(says(await post(`${secret}?x=${secret}`, "{"))).toEqual([400, "malformed_json"]);
  expect((await gateway.request("GET", `/sources/tilda/${uuid}/${secret}`)).status).toBe(405);
  expect((await post(`${secret}/more`)).status).toBe(404);
  expect(lines.join("")).toContain(`/sources/tilda/${uuid}/{secret}`);
  expect(lines.join("")).not.toContain(nearly.slice(0, 20));
});

test("where the config chooses the verifier, every refusal is the same", async () => {
  const choose = ({ scheme }: { scheme?: string | undefined }) =>
    scheme === "signed" ? standardWebhooks() : sharedSecret("X-Secret");
  const gateway = await startTestGateway({ plugins: [signedPlugin("any", choose)] });
  const shown = await createSource(gateway, "any", { keeps: "hash", value: SECRET }, { scheme: "shown" });
  const signed = await createSource(gateway, "any", { keeps: "key", value: KEY }, { scheme: "signed" });
  const post = (id: string, request: { body?: unknown; headers?: Record<string, string> }) =>
    gateway.request("POST", `/sources/any/${id}`, { body: { conversions: [sale(0)] }, ...request });
  expect((await post(shown.uuid, { headers: { "x-secret": SECRET } })).status).toBe(202);
  expect((await post(signed.uuid, message([sale(1)]))).status).toBe(202);
  const refused = [
    await post(shown.uuid, {}),
    await post(shown.uuid, message([sale(1)])),
    await post(signed.uuid, {}),
    await post(signed.uuid, { headers: { "x-secret": SECRET } }),
    await post(signed.uuid, message([sale(1)], { at: 0 })),
    await post(UNKNOWN, { headers: { "x-secret": SECRET } }),
  ];
  expect(says(refused[0] as Answer)).toEqual([403, "secret_wrong"]);
  expect(refused.map(visible)).toEqual(refused.map(() => visible(refused[0] as Answer)));
});

test("a source whose secret or config is missing or unreadable refuses, and the log says so once", async () => {
  const lines = readLog();
  const byConfig = signedPlugin("chosen", () => sharedSecret("X-Secret"));
  const plugins = [
    signedPlugin("signed", standardWebhooks()),
    signedPlugin("shown", sharedSecret("X-Secret")),
    byConfig,
  ];
  const gateway = await startTestGateway({ plugins });
  const { store } = gateway.gateway;
  const broken = { scheme: 7 };
  const noKey = await createSource(gateway, "signed", { keeps: "hash", value: SECRET });
  const badKey = await createSource(gateway, "signed", { keeps: "key", value: "not whsec" });
  const moved = await createSource(gateway, "signed", { keeps: "key", value: KEY });
  const whole = await createSource(gateway, "signed", { keeps: "key", value: KEY });
  await store.sources.update(moved.id, { sealedSecret: whole.sealedSecret }, gateway.clock.now());
  for (const { uuid } of [noKey, badKey, moved]) {
    const posted = () => gateway.request("POST", `/sources/signed/${uuid}`, message([sale(0)]));
    expect(says(await posted())).toEqual([403, "signature_wrong"]);
    expect(says(await posted())).toEqual([403, "signature_wrong"]);
    expect(warningsOf(uuid)).toHaveLength(uuid === noKey.uuid ? 1 : 2);
  }
  const unfit = await createSource(gateway, "shown", { keeps: "hash", value: SECRET }, broken);
  const unfitChosen = await createSource(gateway, "chosen", { keeps: "hash", value: SECRET }, broken);
  for (const [path, { uuid }, expected] of [
    ["shown", unfit, [503, "source_unusable"]],
    ["chosen", unfitChosen, [403, "secret_wrong"]],
  ] as const) {
    const request = { body: { conversions: [sale(0)] }, headers: { "x-secret": SECRET } };
    expect(says(await gateway.request("POST", `/sources/${path}/${uuid}`, request))).toEqual([...expected]);
    expect(says(await gateway.request("POST", `/sources/${path}/${uuid}`, request))).toEqual([...expected]);
    expect(warningsOf(uuid)).toHaveLength(1);
    expect(warningsOf(uuid)[0]).toContain("scheme");
  }
  expect(lines.join("")).not.toContain("not whsec");
  await nothingStored(gateway);

  function warningsOf(uuid: string): string[] {
    return lines.filter((line) => line.includes('"warning"') && line.includes(uuid));
  }
});

test("a source of another plugin is as unknown as none", async () => {
  const plugins = [signedPlugin("one", sharedSecret("X-Secret")), signedPlugin("two", sharedSecret("X-Secret"))];
  const gateway = await startTestGateway({ plugins });
  const { uuid } = await createSource(gateway, "one", { keeps: "hash", value: SECRET });
  const request = { body: { conversions: [sale(0)] }, headers: { "x-secret": SECRET } };
  expect((await gateway.request("POST", `/sources/one/${uuid}`, request)).status).toBe(202);
  expect(says(await gateway.request("POST", `/sources/two/${uuid}`, request))).toEqual([403, "secret_wrong"]);
});
