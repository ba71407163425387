import { expect } from "bun:test";
import { demo, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import type { Answer, TestGateway, TestWebhook } from "./gateway.ts";

/** Where Yandex sends browsers back to in these tests. */
export const REDIRECT_URI = "https://gateway.example.com/oauth/yandex/callback";

/** The demo's world with its application registered for the gateway of the tests, and another person's counter. */
export function seedAccounts(simulator: MetrikaSimulator): void {
  seedDemo(simulator, [REDIRECT_URI]);
  simulator.addCounter({ id: 200, name: "Other", ownerLogin: "other-shop" });
}

/** The settings that give a gateway the demo's application. */
export const applicationEnv = {
  YANDEX_CLIENT_ID: demo.application.clientId,
  YANDEX_CLIENT_SECRET: demo.application.clientSecret,
} as const;

/** A connection that was begun. */
export interface Begun {
  readonly authorizeUrl: string;
  /** As the browser sends it back. */
  readonly cookie: string;
  readonly setCookie: string;
}

/** Begins a connection with the API key. */
export async function begin({ manage }: TestGateway, wish: Readonly<Record<string, unknown>> = {}): Promise<Begun> {
  const { status, body, headers } = await manage("POST", "/v1/accounts/connect", wish);
  expect(status).toBe(200);
  const setCookie = headers.get("set-cookie") ?? "";
  return { authorizeUrl: String(body.authorize_url), setCookie, cookie: setCookie.split(";")[0] ?? "" };
}

/** What a person's consent sends the browser back with. */
export function consent(
  { simulator }: TestGateway,
  { authorizeUrl }: Begun,
  more: Partial<Parameters<MetrikaSimulator["consent"]>[0]> = {},
): { readonly path: string; readonly code: string; readonly state: string } {
  const address = new URL(simulator.consent({ authorizeUrl, login: demo.login, ...more }));
  const [code, state] = [address.searchParams.get("code") ?? "", address.searchParams.get("state") ?? ""];
  return { path: address.pathname + address.search, code, state };
}

/** Connects an account as a program does. */
export async function connectByProgram(
  gateway: TestGateway,
  more: Partial<Parameters<MetrikaSimulator["consent"]>[0]> = {},
  wish: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const { code, state } = consent(gateway, await begin(gateway, wish), more);
  return gateway.manage("POST", "/v1/accounts/callback", { code, state }, { "accept-language": "en" });
}

/** A webhook that sends by an account. */
export async function webhookOf(test: TestGateway, accountId: string): Promise<TestWebhook> {
  const { store } = test.gateway;
  const webhook = await test.createWebhook();
  const [account, source] = [await store.accounts.findByUuid(accountId), await store.sources.findByUuid(webhook.id)];
  if (account === null || source === null) throw new Error("There is no such account.");
  const { id: _, previousSecretHash: __, previousSecretExpiresAt: ___, ...facts } = source;
  const uuid = crypto.randomUUID();
  await store.sources.create({ ...facts, uuid, credentialId: account.credentialId });
  const moved = (text: string) => text.replace(webhook.id, uuid);
  return { id: uuid, secret: webhook.secret, url: moved(webhook.url), path: moved(webhook.path) };
}
