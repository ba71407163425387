import type { Throttle, ThrottleStore } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { type Client, networkOf, subscriberOf } from "./client-network.ts";
import { tooManyTries } from "./identity-error.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** So many tries are free; each further one is held up twice as long as the one before. */
interface Patience {
  readonly free: number;
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * How much patience each count has, within a day.
 * - `pair`, a person tried from one network: hard, a hundred tries a day.
 * - `address`, whoever is tried from one address: hard, but an office of many people shares one.
 * - `person`, from wherever: slow only, and not for a network that he signed in from before. Else a stranger with many addresses
 *   could lock anybody out by failing in his name.
 */
const patience = {
  pair: { free: 5, firstMs: 5 * SECOND_MS, mostMs: 15 * MINUTE_MS },
  address: { free: 30, firstMs: 5 * SECOND_MS, mostMs: 15 * MINUTE_MS },
  person: { free: 10, firstMs: SECOND_MS, mostMs: 30 * SECOND_MS },
  mail: { free: 3, firstMs: MINUTE_MS, mostMs: 60 * MINUTE_MS },
} satisfies Record<string, Patience>;

/** How long a count holds up after so many tries without success. */
export function pauseAfter(tries: number, { free, firstMs, mostMs }: Patience): number {
  return tries <= free ? 0 : Math.min(mostMs, firstMs * 2 ** (tries - free - 1));
}

/** A try that was counted before it is known how it ends. */
export interface Attempt {
  /** It was right: what was counted against this person is forgotten, and not held against the address. */
  succeeded(): Promise<void>;
  /** It came to no answer, by no fault of whoever tried. */
  withdrawn(): Promise<void>;
}

/** Holds up those who guess. Without its table nobody gets in: the database's error is thrown on. */
export interface Throttling {
  /**
   * Counts a try at somebody's password.
   * @param known the addresses he signed in from before
   * @throws {IdentityError} `over_request_rate_limit`
   */
  ofPassword(email: string, client: Client, known: readonly string[]): Promise<Attempt>;
  /**
   * Counts a try at a code (of invitation, of recovery), by the address alone.
   * @throws {IdentityError} `over_request_rate_limit`
   */
  ofCode(client: Client): Promise<Attempt>;
  /**
   * Counts a letter to somebody.
   * @throws {IdentityError} `over_request_rate_limit`
   */
  ofMail(email: string, client: Client): Promise<void>;
}

/** Throttling by counts that all gateways share; what is counted is kept as a keyed hash. */
export function createThrottling(store: ThrottleStore, vault: Vault, now: () => number): Throttling {
  const throttle = (kind: keyof typeof patience, of: string): Throttle => ({
    key: vault.hmac(`throttle:${kind}`, of),
    windowMs: DAY_MS,
    blockMs: (tries) => pauseAfter(tries, patience[kind]),
  });
  const ofAddress = ({ address }: Client) => throttle("address", subscriberOf(address));

  async function take(throttles: readonly Throttle[]): Promise<void> {
    const until = await store.take(throttles, now());
    if (until !== null) throw tooManyTries(until - now());
  }

  async function attempt(shared: Throttle, own: readonly Throttle[]): Promise<Attempt> {
    await take([shared, ...own]);
    const keysOfOwn = own.map(({ key }) => key);
    return {
      async succeeded() {
        await store.giveBack([shared.key]);
        await store.clear(keysOfOwn);
      },
      withdrawn: () => store.giveBack([shared.key, ...keysOfOwn]),
    };
  }

  return {
    ofPassword(email, client, known) {
      const network = networkOf(client.address);
      const isKnown = client.address !== null && known.some((address) => networkOf(address) === network);
      const pair = throttle("pair", `${email} ${network}`);
      return attempt(ofAddress(client), isKnown ? [pair] : [pair, throttle("person", email)]);
    },
    ofCode: (client) => attempt(ofAddress(client), []),
    ofMail: (email, client) => take([ofAddress(client), throttle("mail", email)]),
  };
}
