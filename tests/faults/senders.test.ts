import { expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { type GatewayProcess, startGateway, temporaryFolder, until } from "../setup/process.ts";
import { createWebhook, post, saleOf, type Webhook } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

/** A connection whose sender writes by hand. */
function dial({ url }: GatewayProcess): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

const headOf = ({ id, secret }: Webhook, framing: string) =>
  `POST /webhook/offline-conversions/${id} HTTP/1.1\r\nHost: gateway\r\nX-Webhook-Secret: ${secret}\r\n` +
  `Content-Type: application/json\r\n${framing}\r\n\r\n`;

interface Dripping {
  /** What came back until the connection ended or an answer was there. */
  readonly answer: Promise<string>;
  stop(): void;
}

/** Writes the head, then for ever one more byte every tenth of a second. */
function drip(socket: Socket, head: string, byte: string): Dripping {
  socket.write(head);
  const timer = setInterval(() => socket.write(byte), 100);
  let received = "";
  const answer = new Promise<string>((resolve) => {
    socket.on("data", (piece) => {
      received += piece;
      if (received.includes("\r\n\r\n")) resolve(received);
    });
    socket.on("close", () => resolve(received));
    socket.on("error", () => resolve(received));
  });
  return {
    answer,
    stop() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}

/** The slowest of so many posts, one after the other, in milliseconds. */
async function slowestOf(posts: number, gateway: GatewayProcess, webhook: Webhook, name: string): Promise<number> {
  let slowest = 0;
  for (let i = 0; i < posts; i++) {
    const started = performance.now();
    const answer = await post(gateway, webhook, [saleOf(`${name}-${i}`)]);
    expect(answer.status).toBe(202);
    await answer.text();
    slowest = Math.max(slowest, performance.now() - started);
  }
  return slowest;
}

test("senders of a few bytes a second are cut off in time, and others are answered meanwhile", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder, { REQUEST_TIMEOUT_SECONDS: "2" });
  const webhook = await createWebhook(gateway);
  const started = performance.now();
  const declared = drip(await dial(gateway), headOf(webhook, "Content-Length: 100000"), " ");
  const chunked = drip(await dial(gateway), headOf(webhook, "Transfer-Encoding: chunked"), "1\r\n \r\n");
  try {
    expect(await slowestOf(50, gateway, webhook, "meanwhile")).toBeLessThan(1500);
    const answers = await Promise.all([declared.answer, chunked.answer]);
    expect(performance.now() - started).toBeLessThan(8000);
    for (const answer of answers) {
      expect(answer).toStartWith("HTTP/1.1 408");
      expect(answer).toContain("request_timeout");
    }
  } finally {
    declared.stop();
    chunked.stop();
  }
  expect(await slowestOf(5, gateway, webhook, "afterwards")).toBeLessThan(1500);
});

test("five hundred idle connections leave other senders alone", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);
  const webhook = await createWebhook(gateway);
  const idle = await Promise.all(Array.from({ length: 500 }, () => dial(gateway)));
  try {
    expect(await slowestOf(50, gateway, webhook, "busy")).toBeLessThan(1500);
  } finally {
    for (const socket of idle) socket.destroy();
  }
});

test("a sender that leaves in the middle of its body leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);
  const webhook = await createWebhook(gateway);
  const body = JSON.stringify({ conversions: [saleOf("left")] });
  const socket = await dial(gateway);
  socket.write(headOf(webhook, `Content-Length: ${body.length}`) + body.slice(0, -1));
  socket.destroy();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await closed;
  const answer = await post(gateway, webhook, [saleOf("left")]);
  expect(await answer.json()).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
});

test("a packed body is taken over a real connection, and one that unpacks beyond the limit is refused", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder, { MAX_REQUEST_BYTES: "100000" });
  const webhook = await createWebhook(gateway);
  const send = (text: string) =>
    fetch(`${gateway.url}/webhook/offline-conversions/${webhook.id}`, {
      method: "POST",
      headers: { "x-webhook-secret": webhook.secret, "content-type": "application/json", "content-encoding": "gzip" },
      body: Bun.gzipSync(text),
    });
  const packed = await send(JSON.stringify({ conversions: [saleOf("packed")] }));
  expect(await packed.json()).toMatchObject({ accepted_count: 1 });
  const bomb = await send(`{"conversions":[${" ".repeat(5_000_000)}]}`);
  expect(bomb.status).toBe(413);
  await until("the gateway is ready", async () => ((await fetch(`${gateway.url}/readyz`)).ok ? true : null));
});
