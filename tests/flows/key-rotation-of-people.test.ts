import { expect, setDefaultTimeout, test } from "bun:test";
import { standardWebhooks } from "metrika-gateway/plugin";
import { Webhook } from "standardwebhooks";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { sealedColumns } from "../../core/store/sql/sealed-columns.ts";
import { bundled } from "../../gateway/plugins.ts";
import { createAmocrmDouble, DOUBLE_TOKEN } from "../../plugins/amocrm/amocrm-double.ts";
import { wonHook } from "../../plugins/amocrm/examples.ts";
import { begin, connectByProgram, seedAccounts, webhookOf } from "../setup/accounts.ts";
import { DAY, sale, type TestGateway, type TestGatewayOptions } from "../setup/gateway.ts";
import { anna, startIdentityGateway } from "../setup/identity.ts";
import { rotateKey, sealingKeys } from "../setup/key-rotation.ts";
import { createSource, signedPlugin } from "../setup/signed-plugin.ts";

// Each start on PostgreSQL takes a second on a busy machine.
setDefaultTimeout(60_000);

const KEYS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] as const;
const key = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");

/** How many texts each sealed column holds. */
async function countsOf({ sql }: TestGateway): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { table, column } of sealedColumns) {
    const [row] = await sql<{ n: number }>(`select count(${column}) as n from ${table}`);
    counts[`${table}.${column}`] = Number(row?.n);
  }
  return counts;
}

/** A sale as a sender signs it. */
function signed(secret: string, at: number, id: string) {
  const body = JSON.stringify({ conversions: [sale(3, { purchase_id: id })] });
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, new Date(at), body),
  };
  return { body, headers };
}

/** A source of a CRM with a token of its own, a hook that was kept, and what the plugin keeps of the account. */
async function keepHook({ manage, request, work }: TestGateway): Promise<void> {
  const targets = [{ stages: ["142"], target: "purchase" }];
  const { body } = await manage("POST", "/v1/sources", {
    ...{ plugin: "amocrm", name: "CRM", counter_id: demo.counterId, token: demo.token },
    config: { domain: "acme.amocrm.ru", access_token: DOUBLE_TOKEN, targets },
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const kept = await request("POST", `/sources/amocrm/${body.source_id}/${body.secret}`, { headers, body: wonHook });
  expect(kept.status).toBe(200);
  await work();
}

/** A gateway in each of whose sealed columns something stands. */
async function startFull(options: TestGatewayOptions) {
  const plugins = [bundled["webhook-offline"], bundled.amocrm, signedPlugin("signed", standardWebhooks())];
  const amocrm = createAmocrmDouble({ domain: "acme.amocrm.ru" });
  const gateway = await startIdentityGateway({
    ...{ seed: seedAccounts, plugins, pluginFetch: amocrm.fetch },
    ...options,
  });
  await gateway.gateway.setupCodes.current();
  const laptop = gateway.device();
  expect((await laptop.auth.signUp(anna)).error).toBeNull();
  const { clientId: client_id, clientSecret: client_secret } = demo.application;
  expect((await gateway.manage("PUT", "/v1/oauth-application", { client_id, client_secret })).status).toBe(200);
  const account = await connectByProgram(gateway);
  const webhook = await webhookOf(gateway, String(account.body.account_id));
  await begin(gateway);
  const source = await createSource(gateway, "signed", { keeps: "key", value: KEYS[0] });
  await gateway.gateway.sources.rotateSecret(source, { keeps: "key", value: KEYS[1] });
  const refused = await gateway.post(webhook, [{ target: "purchase" }]);
  expect([refused.status, refused.body.code]).toEqual([422, "all_rejected"]);
  await keepHook(gateway);
  const send = (secret: string, id: string) =>
    gateway.request("POST", `/sources/signed/${source.uuid}`, signed(secret, gateway.clock.now(), id));
  return { gateway, laptop, send, accountId: String(account.body.account_id) };
}

test("everything that is sealed of people, accounts and senders goes on under the new key, in a gateway that was never stopped", async () => {
  const { gateway, laptop, send, accountId } = await startFull({ store: "sqlite" });
  const full = await countsOf(gateway);
  expect(Object.entries(full).filter(([, count]) => count === 0)).toEqual([]);
  const code = await gateway.gateway.setupCodes.current();
  expect((await send(KEYS[0], "before")).status).toBe(202);

  expect(await rotateKey(gateway)).toMatchObject({ phase: "done", unreadable: [] });

  expect(await countsOf(gateway)).toEqual(full);
  expect(Object.keys(await sealingKeys(gateway))).toHaveLength(1);
  expect(await gateway.gateway.setupCodes.current()).toBe(code);
  expect((await laptop.auth.refreshSession()).error).toBeNull();
  for (const [i, secret] of KEYS.entries()) expect((await send(secret, `sale-${i}`)).status).toBe(202);
  expect((await gateway.manage("POST", "/v1/oauth-application/check")).status).toBe(200);
  gateway.advance(100 * DAY);
  await gateway.work();
  const renewed = (await gateway.manage("GET", `/v1/accounts/${accountId}`)).body;
  expect(renewed).toMatchObject({ state: "connected", refreshed_at: expect.any(String) });
  await gateway.settle();
});

test("a gateway started with the new key alone signs in, renews and verifies", async () => {
  const [former, present] = [key(), key()];
  const { gateway, laptop, send } = await startFull({ env: { GATEWAY_SECRET_KEY: former } });
  const code = await gateway.gateway.setupCodes.current();
  await gateway.restart({ GATEWAY_SECRET_KEY: present, GATEWAY_PREVIOUS_SECRET_KEYS: former });
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done" });
  await gateway.restart({ GATEWAY_SECRET_KEY: present });
  expect(await gateway.gateway.setupCodes.current()).toBe(code);
  expect((await laptop.auth.refreshSession()).error).toBeNull();
  expect((await send(KEYS[1], "sale-1")).status).toBe(202);
  expect((await gateway.manage("POST", "/v1/oauth-application/check")).status).toBe(200);
  await gateway.settle();
});
