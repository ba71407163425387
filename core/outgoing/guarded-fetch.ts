import { isIP } from "node:net";
import type { Localized } from "../language.ts";
import { createNetworks } from "./networks.ts";
import { isPublicAddress } from "./public-address.ts";

/** An address that what people configure must not lead the gateway to. Nothing was sent. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";
  readonly reason: Localized;
  constructor(reason: Localized) {
    super(reason.en);
    this.reason = reason;
  }
}

/** The other side was silent for too long, or said too much. */
export class AnswerRefused extends Error {
  override readonly name = "AnswerRefused";
}

/** What the Bun-only part of a request is: whose certificate is expected. */
export interface DialledInit extends RequestInit {
  readonly tls?: { readonly serverName: string };
}

/** The settings of {@link createGuardedFetch}. */
export interface GuardedFetchOptions {
  /** Connects to the address in the URL and nowhere else. */
  readonly dial: (url: string, init: DialledInit) => Promise<Response>;
  /** Every address of a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Networks that may be asked although they are not public, and without TLS; each as `isNetwork` has it. */
  readonly allowed: readonly string[];
  readonly userAgent: string;
  /** Longest silence before and within an answer, in milliseconds. */
  readonly silenceMs: number;
  /** Longest answer, in bytes, unpacked. */
  readonly mostBytes: number;
}

/**
 * A fetch for addresses that people configure. A name is resolved here, every address of it is checked, and the connection is
 * made to a checked address, not to the name again: a name that tells another address a moment later leads nowhere. Redirects
 * are not followed but given back.
 */
export function createGuardedFetch(
  options: GuardedFetchOptions,
): (url: string, init?: RequestInit) => Promise<Response> {
  const isAllowed = createNetworks(options.allowed);

  async function addressesOf(url: URL): Promise<readonly string[]> {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const addresses = isIP(host) > 0 ? [host] : await options.resolve(host);
    const forbidden = addresses.find((address) => !isPublicAddress(address) && !isAllowed(address));
    if (forbidden !== undefined) throw new ForbiddenAddress(forbiddenBecause(host, forbidden));
    if (url.protocol === "http:" && !addresses.every(isAllowed)) throw new ForbiddenAddress(plainHttp(url.host));
    return addresses;
  }

  return async (address, init = {}) => {
    const url = parse(address);
    init.signal?.throwIfAborted();
    const addresses = await addressesOf(url);
    const silence = new AbortController();
    const timer = createTimer(options.silenceMs, () =>
      silence.abort(new AnswerRefused(silent(url, options.silenceMs))),
    );
    const headers = new Headers(init.headers);
    headers.set("host", url.host);
    if (!headers.has("user-agent")) headers.set("user-agent", options.userAgent);
    const signal = init.signal ? AbortSignal.any([init.signal, silence.signal]) : silence.signal;
    const request: DialledInit = {
      ...init,
      ...{ headers, signal, redirect: "manual" },
      ...(url.protocol === "https:" && { tls: { serverName: url.hostname.replace(/^\[|\]$/g, "") } }),
    };
    try {
      const response = await dialFirst(url, addresses, request);
      timer.restart();
      return limited(response, url, timer);
    } catch (error) {
      timer.stop();
      throw error;
    }
  };

  /** As browsers do: the next address when nobody listens at one. A body that was begun is not sent twice. */
  async function dialFirst(url: URL, addresses: readonly string[], request: DialledInit): Promise<Response> {
    const isRepeatable = !(request.body instanceof ReadableStream);
    for (const [i, address] of addresses.entries()) {
      const at = new URL(url);
      at.hostname = address.includes(":") ? `[${address}]` : address;
      try {
        return await options.dial(at.href, request);
      } catch (error) {
        if (i === addresses.length - 1 || !isRepeatable || !nobodyListens(error)) throw error;
      }
    }
    throw new Error(`The name ${url.hostname} has no address.`);
  }

  function limited(response: Response, url: URL, timer: Timer): Response {
    if (response.body === null) {
      timer.stop();
      return response;
    }
    const reader = response.body.getReader();
    let bytes = 0;
    const counted = new ReadableStream<Uint8Array>({
      async pull(controller) {
        timer.restart();
        const piece = await reader.read();
        bytes += piece.value?.byteLength ?? 0;
        if (piece.done || bytes > options.mostBytes) timer.stop();
        if (piece.done) return controller.close();
        if (bytes <= options.mostBytes) return controller.enqueue(piece.value);
        const refusal = new AnswerRefused(`${url.host} answered with more than ${options.mostBytes} bytes.`);
        controller.error(refusal);
        await reader.cancel(refusal);
      },
      cancel(reason) {
        timer.stop();
        return reader.cancel(reason);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(counted, { status, statusText, headers });
  }
}

function parse(address: string): URL {
  const url = URL.parse(address);
  if (url === null) throw new ForbiddenAddress(notAnAddress);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new ForbiddenAddress(notAnAddress);
  if (url.username !== "" || url.password !== "") throw new ForbiddenAddress(withPassword(url.host));
  return url;
}

interface Timer {
  restart(): void;
  stop(): void;
}

function createTimer(ms: number, onSilent: () => void): Timer {
  let timer = setTimeout(onSilent, ms);
  return {
    restart() {
      clearTimeout(timer);
      timer = setTimeout(onSilent, ms);
    },
    stop: () => clearTimeout(timer),
  };
}

const nobodyListens = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ECONNREFUSED" || error.code === "ConnectionRefused");

const silent = (url: URL, ms: number) => `${url.host} was silent for ${ms / 1000} seconds.`;

const notAnAddress: Localized = {
  ru: "Это не адрес вида https://….",
  en: "This is not an address like https://….",
};

const withPassword = (host: string): Localized => ({
  ru: `В адресе ${host} стоят имя и пароль; уберите их из адреса.`,
  en: `The address of ${host} holds a name and a password; take them out of it.`,
});

const forbiddenBecause = (host: string, address: string): Localized => ({
  ru: `${host} ведёт на ${address}, а это не публичный интернет. Укажите публичный адрес; внутреннюю сеть разрешает оператор шлюза (OUTGOING_NETWORKS).`,
  en: `${host} leads to ${address}, which is not the public internet. Give a public address; the gateway's operator can allow an inner network (OUTGOING_NETWORKS).`,
});

const plainHttp = (host: string): Localized => ({
  ru: `Адрес ${host} указан без шифрования. Укажите https.`,
  en: `The address of ${host} is not encrypted. Give https.`,
});
