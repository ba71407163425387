import { expect, test } from "bun:test";
import { serveGateway } from "../../gateway/serve.ts";
import { cpuMs } from "../setup/cpu-time.ts";
import { sale, startTestGateway } from "../setup/gateway.ts";

const small = { MAX_REQUEST_BYTES: "4096", MAX_REQUEST_CONVERSIONS: "10" };
const nothing = "select 1 from batches union all select 1 from conversions union all select 1 from rejected_rows";

/** A body whose length nobody was told beforehand. */
function chunked(text: string, chunk = 512): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

test("a body larger than the limit is refused by its declared length, unread", async () => {
  const { createWebhook, post, sql } = await startTestGateway({ env: small });
  const webhook = await createWebhook();
  let isRead = false;
  const unread = new ReadableStream(
    {
      pull() {
        isRead = true;
      },
    },
    { highWaterMark: 0 },
  );
  const { status, body } = await post(webhook, [], { body: unread, headers: { "content-length": "4097" } });
  expect([status, body.code, isRead]).toEqual([413, "body_too_large", false]);
  expect(body.detail).toContain("4096");
  expect(await sql(nothing)).toEqual([]);
});

test("a chunked body larger than the limit is refused, never cut", async () => {
  const { createWebhook, post, sql } = await startTestGateway({ env: small });
  const webhook = await createWebhook();
  // Its first 4096 bytes hold whole rows; spaces make it too long.
  const text = JSON.stringify({ conversions: [sale(0)] }) + " ".repeat(5000);
  const { status, body } = await post(webhook, [], { body: chunked(text) });
  expect([status, body.code]).toEqual([413, "body_too_large"]);
  expect(await sql(nothing)).toEqual([]);
  expect((await post(webhook, [], { body: chunked(text.slice(0, 4096)) })).status).toBe(202);
});

test("a gzip bomb is refused at the limit of its unpacked size, in a moment", async () => {
  const { createWebhook, post, sql } = await startTestGateway({ env: small });
  const webhook = await createWebhook();
  const bomb = Bun.gzipSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
  const packed = Bun.gzipSync(
    new TextEncoder().encode(JSON.stringify({ conversions: [sale(0)] }) + " ".repeat(100_000)),
  );
  const headers = { "content-encoding": "gzip" };
  const started = cpuMs();
  const answers = [
    await post(webhook, [], { body: packed, headers }),
    await post(webhook, [], { body: bomb, headers }),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [413, "body_too_large"],
    [413, "body_too_large"],
  ]);
  expect(cpuMs() - started).toBeLessThan(500);
  expect(await sql(nothing)).toEqual([]);
});

test("a gzip body within the limit is taken", async () => {
  const { createWebhook, post } = await startTestGateway({ env: small });
  const body = Bun.gzipSync(new TextEncoder().encode(JSON.stringify({ conversions: [sale(0)] })));
  const answer = await post(await createWebhook(), [], { body, headers: { "content-encoding": "gzip" } });
  expect([answer.status, answer.body.accepted_count]).toEqual([202, 1]);
});

test("more conversions than the limit are refused whole, and as many as the limit are taken", async () => {
  const { createWebhook, post, sql } = await startTestGateway({ env: small });
  const webhook = await createWebhook();
  const rows = Array.from({ length: 11 }, (_, i) => ({ user_id: `u${i}`, target: "lead", date_time: 1795428000 }));
  const { status, body } = await post(webhook, rows);
  expect([status, body.code]).toEqual([413, "too_many_conversions"]);
  expect(await sql(nothing)).toEqual([]);
  expect((await post(webhook, rows.slice(1))).body).toMatchObject({ accepted_count: 10 });
});

test("100,000 conversions in one request are all taken", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ user_id: `u${i}`, target: "lead", date_time: 1795428000 }));
  const { status, body } = await post(await createWebhook(), rows);
  expect([status, body.accepted_count]).toEqual([202, 100_000]);
  expect(await sql("select count(*) as n from conversions")).toEqual([{ n: 100_000 }]);
});

test("what is not an honest JSON document of conversions is refused in a moment, and nothing is stored", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const millionKeys = `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":1`).join(",")}}`;
  const bodies: readonly (readonly [string | Uint8Array, number, string])[] = [
    [`{"conversions":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, 400, "malformed_json"],
    [`{"conversions":[${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}]}`, 400, "malformed_json"],
    ['{"conversions":[{"client_id":1234567890123456789}', 400, "malformed_json"],
    ["", 400, "malformed_json"],
    ['{"conversions":[]}\u0000', 400, "malformed_json"],
    [new Uint8Array([...new TextEncoder().encode('{"conversions":[{"target":"'), 0xff, 0x22]), 400, "invalid_encoding"],
    [millionKeys, 422, "conversions_missing"],
    ['{"__proto__":{"conversions":[{}]}}', 422, "conversions_missing"],
    ["null", 422, "conversions_missing"],
  ];
  for (const [body, status, code] of bodies) {
    const answer = await post(webhook, [], { body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.text.length).toBeLessThan(3000);
  }
  expect(await sql(nothing)).toEqual([]);
});

test("a row with a million fields is refused or taken without telling a million faults", async () => {
  const { createWebhook, post } = await startTestGateway();
  const fields = Array.from({ length: 200_000 }, (_, i) => `"field${i}":1`).join(",");
  const body = `{"conversions":[{"user_id":"u","target":"lead","date_time":1795428000,${fields}}]}`;
  const answer = await post(await createWebhook(), [], { body });
  expect([answer.status, answer.body.accepted_count, answer.body.warnings.length]).toEqual([202, 1, 10]);
});

test("over a real connection a sender of a byte at a time is cut off with 408, and others are served meanwhile", async () => {
  const { gateway, config, createWebhook } = await startTestGateway({ env: { REQUEST_TIMEOUT_SECONDS: "1" } });
  const webhook = await createWebhook();
  const listening = await serveGateway(gateway, { ...config, port: 0, host: "127.0.0.1" });
  const { hostname, port } = new URL(listening.url);
  let answer = "";
  const answered = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, bytes) {
        answer += new TextDecoder().decode(bytes);
        answered.resolve();
      },
      close: () => answered.resolve(),
      error: () => answered.resolve(),
    },
  });
  socket.write(
    `POST ${webhook.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-webhook-secret: ${webhook.secret}\r\ncontent-length: 500\r\n\r\n{`,
  );
  const healthy = await fetch(`${listening.url}${webhook.path}`, {
    method: "POST",
    headers: { "x-webhook-secret": webhook.secret },
    body: JSON.stringify({ conversions: [sale(0)] }),
  });
  expect(healthy.status).toBe(202);
  await answered.promise;
  socket.end();
  expect(answer).toStartWith("HTTP/1.1 408 ");
  expect(answer).toContain("request_timeout");
  await listening.stop();
});
