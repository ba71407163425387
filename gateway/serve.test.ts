import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type Config, readConfig } from "./config.ts";
import { composeGateway, type Gateway } from "./gateway.ts";
import { AddressUnusableError, serveGateway } from "./serve.ts";

let folder: string;
let gateway: Gateway;
const configOf = (env: Readonly<Record<string, string>>): Config =>
  readConfig({ DATABASE_URL: `file:${folder}/gateway.db`, PORT: "0", ...env });

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/serve-`);
  gateway = await composeGateway(configOf({}));
});
afterAll(async () => {
  await gateway.close(0);
  await rm(folder, { recursive: true, force: true });
});

test("a port that another program holds is told in a sentence that names it and the setting", async () => {
  const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("other") });
  const config = configOf({ HOST: "127.0.0.1", PORT: String(other.port) });
  const refused = serveGateway(gateway, config);
  await expect(refused).rejects.toThrow(AddressUnusableError);
  await expect(refused).rejects.toThrow(`Port ${other.port} is taken by another program. Set PORT`);
  await other.stop(true);
});

test("an address that the machine does not have is told with both settings", async () => {
  // Reserved for documentation: no machine has it. https://www.rfc-editor.org/rfc/rfc5737
  const refused = serveGateway(gateway, configOf({ HOST: "192.0.2.1" }));
  await expect(refused).rejects.toThrow(/Cannot listen on 192\.0\.2\.1:0 \(\w+\)\. Set HOST and PORT/);
});

// Elsewhere only 127.0.0.1 of the loopback addresses is there.
test.skipIf(process.platform !== "linux")("a gateway on one address says that address", async () => {
  const listening = await serveGateway(gateway, configOf({ HOST: "127.0.0.2" }));
  expect(listening.url).toStartWith("http://127.0.0.2:");
  expect((await fetch(`${listening.url}/healthz`)).status).toBe(200);
  await listening.stop();
});
