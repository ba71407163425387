import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./gateway.ts";

export const anna = { email: "anna@example.com", password: "correct horse battery" } as const;

/** A device of somebody who signs in. */
export interface Device {
  /** Where it connects from. */
  readonly address?: string;
  readonly language?: "ru" | "en";
}

/** A gateway that signs people in, at the time of this machine, by which supabase-js judges tokens. */
export interface IdentityGateway extends TestGateway {
  /** Unmodified supabase-js on a device of its own. */
  device(device?: Device): SupabaseClient;
  /** Any request to the identity service, as from a device. */
  ask(method: string, path: string, body?: unknown, device?: Device & { readonly token?: string }): Promise<Response>;
}

export async function startIdentityGateway(options: TestGatewayOptions = {}): Promise<IdentityGateway> {
  const test = await startTestGateway({
    startAt: Date.now(),
    ...options,
    env: { SIGN_UP: "open", ...options.env },
  });
  const { publicUrl } = test.config;

  function fetchFrom({ address = "203.0.113.5", language = "en" }: Device): typeof fetch {
    const ask = async (url: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(url, init);
      request.headers.set("accept-language", language);
      return test.gateway.app.fetch(request, { peerOf: () => address });
    };
    return Object.assign(ask, { preconnect: fetch.preconnect });
  }

  const more: Pick<IdentityGateway, "device" | "ask"> = {
    device: (device = {}) =>
      createClient(publicUrl, "sb_publishable_test", {
        auth: { persistSession: false, autoRefreshToken: false },
        global: { fetch: fetchFrom(device) },
      }),
    ask: (method, path, body, device = {}) => {
      const bearer = device.token === undefined ? {} : { authorization: `Bearer ${device.token}` };
      const headers = { "content-type": "application/json", ...bearer };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return fetchFrom(device)(`${publicUrl}/auth/v1${path}`, { method, headers, ...sent });
    },
  };
  // Not spread: what changes with a restart is behind getters.
  return Object.assign(test, more);
}
