import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { GatewayProcess } from "./process.ts";

/** A webhook of a gateway that runs as a process. */
export interface Webhook {
  readonly id: string;
  readonly secret: string;
}

/** What a sender reads in the answer to a POST. */
export interface Receipt {
  readonly batch_id: string;
  readonly accepted_count: number;
  readonly duplicate_count: number;
  readonly duplicates: readonly { readonly index: number; readonly conversion_id: string }[];
}

/** Makes a webhook for the demo's counter, with further members of its making where they are given. */
export async function createWebhook({ url, operatorToken }: GatewayProcess, more: object = {}): Promise<Webhook> {
  const answer = await fetch(`${url}/webhook/offline-conversions`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorToken}` },
    body: JSON.stringify({ name: "CRM", counter_id: demo.counterId, token: demo.token, ...more }),
  });
  if (answer.status !== 201) throw new Error(`The webhook was refused: ${await answer.text()}`);
  const { webhook_id, secret } = (await answer.json()) as { webhook_id: string; secret: string };
  return { id: webhook_id, secret };
}

/** Posts conversions as a sender does. */
export function post(
  { url }: Pick<GatewayProcess, "url">,
  { id, secret }: Webhook,
  conversions: readonly object[],
  init: RequestInit & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  return fetch(`${url}/webhook/offline-conversions/${id}`, {
    method: "POST",
    ...init,
    headers: { "x-webhook-secret": secret, "content-type": "application/json", ...init.headers },
    body: JSON.stringify({ conversions }),
  });
}

/** One sale of its own, an hour ago; `id` is its visitor. */
export function saleOf(id: string): object {
  return { user_id: id, target: "purchase", date_time: HOUR_AGO, price: 100, currency: "RUB" };
}

const HOUR_AGO = Math.floor(Date.now() / 1000) - 3600;

/** How many uploads are in each state, as `/readyz` tells. */
export async function uploadsByState({ url }: Pick<GatewayProcess, "url">): Promise<Readonly<Record<string, number>>> {
  return ((await (await fetch(`${url}/readyz`)).json()) as { uploads: Record<string, number> }).uploads;
}
