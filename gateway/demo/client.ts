import * as v from "valibot";
import type { Language } from "../../core/language.ts";
import { BatchRow, BatchStatus, Receipt } from "../../core/plugin/answer-schemas.ts";
import { BegunConnection, ConnectedAccount } from "../routes/account-shapes.ts";
import { CreatedWebhook, pageOf } from "../routes/webhook-shapes.ts";

/** The gateway's answers, as its own document describes them. */
export type BatchAnswer = v.InferOutput<typeof BatchStatus>;
export type BatchRowAnswer = v.InferOutput<typeof BatchRow>;
export type ReceiptAnswer = v.InferOutput<typeof Receipt>;
export type WebhookAnswer = v.InferOutput<typeof CreatedWebhook>;
export type AccountAnswer = v.InferOutput<typeof ConnectedAccount>;

/** What the demo asks of the gateway: over HTTP, as any program would. */
export interface DemoClient {
  createApiKey(operatorToken: string, name: string): Promise<string>;
  /** @param consent opens the page where a person allows the access, and tells the address that the browser is sent to */
  connectAccount(apiKey: string, consent: (authorizeUrl: string) => string): Promise<AccountAnswer>;
  createWebhook(apiKey: string, webhook: object): Promise<WebhookAnswer>;
  post(webhook: WebhookAnswer, body: string): Promise<ReceiptAnswer>;
  status(webhook: WebhookAnswer, batchId: string): Promise<BatchAnswer>;
  /** The newest batches of a webhook. */
  batches(apiKey: string, webhook: WebhookAnswer): Promise<readonly BatchAnswer[]>;
  rows(apiKey: string, batchId: string): Promise<readonly BatchRowAnswer[]>;
}

const NewKey = v.object({ key: v.string() });
const Refusal = v.object({ detail: v.string() });

/** A client of the gateway at an address, until the signal; sentences come in the given language. */
export function connect(url: string, language: Language, signal: AbortSignal): DemoClient {
  const path = "/webhook/offline-conversions";

  async function ask<Answer>(
    schema: v.GenericSchema<unknown, Answer>,
    request: {
      readonly method: string;
      readonly path: string;
      readonly proof: Record<string, string>;
      readonly body?: string;
    },
  ): Promise<Answer> {
    const answer = await fetch(url + request.path, {
      method: request.method,
      headers: { ...request.proof, "content-type": "application/json", "accept-language": language },
      ...(request.body !== undefined && { body: request.body }),
      signal,
    });
    const told: unknown = await answer.json();
    if (answer.ok) return v.parse(schema, told);
    const detail = v.is(Refusal, told) ? told.detail : JSON.stringify(told);
    throw new Error(`${request.method} ${request.path}: ${answer.status} ${detail}`);
  }

  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const secretOf = ({ secret }: WebhookAnswer) => ({ "x-webhook-secret": secret });

  return {
    async createApiKey(operatorToken, name) {
      const body = JSON.stringify({ name });
      return (await ask(NewKey, { method: "POST", path: "/v1/api-keys", proof: bearer(operatorToken), body })).key;
    },
    async connectAccount(apiKey, consent) {
      const start = { method: "POST", path: "/v1/accounts/connect", proof: bearer(apiKey), body: "{}" };
      const { authorize_url } = await ask(BegunConnection, start);
      const { code, state } = Object.fromEntries(new URL(consent(authorize_url)).searchParams);
      const body = JSON.stringify({ code, state });
      return ask(ConnectedAccount, { method: "POST", path: "/v1/accounts/callback", proof: bearer(apiKey), body });
    },
    createWebhook: (apiKey, webhook) =>
      ask(CreatedWebhook, { method: "POST", path, proof: bearer(apiKey), body: JSON.stringify(webhook) }),
    post: (webhook, body) =>
      ask(Receipt, { method: "POST", path: `${path}/${webhook.webhook_id}`, proof: secretOf(webhook), body }),
    status(webhook, batchId) {
      const address = `${path}/${webhook.webhook_id}/status?batch_id=${batchId}`;
      return ask(BatchStatus, { method: "GET", path: address, proof: secretOf(webhook) });
    },
    async batches(apiKey, { webhook_id }) {
      const address = `/v1/webhooks/${webhook_id}/batches?limit=20`;
      return (await ask(pageOf("Batch", BatchStatus), { method: "GET", path: address, proof: bearer(apiKey) })).data;
    },
    async rows(apiKey, batchId) {
      const address = `/v1/batches/${batchId}/rows?limit=500`;
      return (await ask(pageOf("BatchRow", BatchRow), { method: "GET", path: address, proof: bearer(apiKey) })).data;
    },
  };
}
