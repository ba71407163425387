import { expect, test } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
import { ConfigError } from "../../gateway/config.ts";
import { sale, startTestGateway, testConfig } from "../setup/gateway.ts";

const otherKey = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i)).toString("base64");

/** What a start says that does not come about. */
async function refusal(start: () => Promise<unknown>): Promise<Error> {
  const error = await start().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("The gateway started");
  return error;
}

test("without its master key a gateway with a database does not start, and makes no new key", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const { config, createWebhook, post, restart } = gateway;
  const webhook = await createWebhook();
  const { masterKeyFile } = config;
  const key = await readFile(masterKeyFile, "utf8");
  await rm(masterKeyFile);
  const error = await refusal(restart);
  expect(error.message).toContain(
    `GATEWAY_SECRET_KEY is not set and ${masterKeyFile} does not exist. Put back the key`,
  );
  expect(await Bun.file(masterKeyFile).exists()).toBe(false);
  await writeFile(masterKeyFile, key);
  await restart();
  expect((await post(webhook, [sale(0)])).status).toBe(202);
});

test("with another installation's key a gateway does not start, says so, and touches nothing", async () => {
  const { config, createWebhook, post, settle, restart, simulator } = await startTestGateway({ store: "sqlite" });
  const webhook = await createWebhook();
  await post(webhook, [sale(0)]);
  const key = await readFile(config.masterKeyFile, "utf8");
  await writeFile(config.masterKeyFile, otherKey);
  const error = await refusal(restart);
  expect(error.message).toStartWith(
    "The master key (GATEWAY_SECRET_KEY, or the file beside the database) is not the one this database was made with.",
  );
  for (const secret of [key.trim(), otherKey]) expect(`${error.message}${error.stack}`).not.toContain(secret);
  await writeFile(config.masterKeyFile, key);
  await restart();
  await settle();
  expect(simulator.ledger.total).toBe(1);
});

test("a key file that holds no key stops the start by name", async () => {
  const { config, restart } = await startTestGateway({ store: "sqlite" });
  const key = await readFile(config.masterKeyFile, "utf8");
  for (const text of ["", "not a key", key.slice(0, 20), Buffer.alloc(32).toString("base64")]) {
    await writeFile(config.masterKeyFile, text);
    const error = await refusal(restart);
    expect(error.message).toContain(config.masterKeyFile);
    expect(error.message).toContain("openssl rand -base64 32");
    if (text !== "") expect(error.message).not.toContain(text);
  }
  await writeFile(config.masterKeyFile, key);
  await restart();
});

test("a malformed GATEWAY_SECRET_KEY is refused with the other settings, unquoted", () => {
  for (const value of ["secret-but-short", "x".repeat(44), Buffer.alloc(32, 7).toString("base64")]) {
    let message = "";
    try {
      testConfig("/nowhere", { GATEWAY_SECRET_KEY: value, PORT: "many" });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      message = error.message;
    }
    expect(message).toContain(
      "GATEWAY_SECRET_KEY: the value is not 32 random bytes in base64. Make one with: openssl rand -base64 32",
    );
    expect(message).toContain("PORT");
    expect(message).not.toContain(value);
  }
});

test("a key from the environment goes before the file, and no file is made", async () => {
  const { config, createWebhook, restart, post } = await startTestGateway({ env: { GATEWAY_SECRET_KEY: otherKey } });
  const webhook = await createWebhook();
  expect(await Bun.file(config.masterKeyFile).exists()).toBe(false);
  await restart();
  expect((await post(webhook, [sale(0)])).status).toBe(202);
});
