import { post, saleOf, type Webhook } from "./senders.ts";

/** An answer that was no 202. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  /** The header, in seconds; null: none. */
  readonly retryAfter: number | null;
  /** How long the sender waited for it, in milliseconds. */
  readonly ms: number;
}

/** What senders have seen. */
export interface Posted {
  /** Sales that got a 202. */
  readonly acknowledged: readonly object[];
  /** Sales without an answer, or with a refusal: they may be stored or not. */
  readonly perhaps: readonly object[];
  readonly refused: readonly Refused[];
  /** When (performance.now) each 202 came, by the address of the gateway. */
  readonly acknowledgedAt: ReadonlyMap<string, readonly number[]>;
}

/** Senders at work. */
export interface Posting {
  readonly seen: Posted;
  /** Resolves when each has had its last answer. */
  stop(): Promise<Posted>;
}

/** A sender asks again soon after it was refused, sooner than it was told to: what it sees is the question. */
const PAUSE_MS = 50;

/**
 * Senders that post one sale of their own after the other, each time to the next gateway, until they are stopped.
 * @param gateways asked for with each request: gateways end and others begin
 * @param name begins the visitors of their sales
 * @param senders how many post at once
 */
export function keepPosting(
  gateways: () => readonly { readonly url: string }[],
  webhook: Webhook,
  name: string,
  senders = 8,
): Posting {
  const acknowledged: object[] = [];
  const perhaps: object[] = [];
  const refused: Refused[] = [];
  const acknowledgedAt = new Map<string, number[]>();
  let isOver = false;

  async function postOne(gateway: { readonly url: string }, sale: object): Promise<boolean> {
    const started = performance.now();
    const answer = await post(gateway, webhook, [sale]);
    const text = await answer.text();
    const now = performance.now();
    if (answer.status === 202) {
      acknowledged.push(sale);
      const moments = acknowledgedAt.get(gateway.url) ?? [];
      moments.push(now);
      acknowledgedAt.set(gateway.url, moments);
      return true;
    }
    perhaps.push(sale);
    const code = /"code":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 200);
    const header = answer.headers.get("retry-after");
    refused.push({
      status: answer.status,
      code,
      retryAfter: header === null ? null : Number(header),
      ms: now - started,
    });
    return false;
  }

  async function keep(sender: number): Promise<void> {
    for (let i = 0; !isOver; i++) {
      const all = gateways();
      const gateway = all[(sender + i) % all.length];
      if (gateway === undefined) throw new Error("There is no gateway to post to.");
      const sale = saleOf(`${name}-${sender}-${i}`);
      const accepted = await postOne(gateway, sale).catch(() => {
        perhaps.push(sale);
        return false;
      });
      if (!accepted) await Bun.sleep(PAUSE_MS);
    }
  }

  const seen = { acknowledged, perhaps, refused, acknowledgedAt };
  const over = Promise.all(Array.from({ length: senders }, (_, sender) => keep(sender)));
  return {
    seen,
    async stop() {
      isOver = true;
      await over;
      return seen;
    },
  };
}
