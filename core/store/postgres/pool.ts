import postgres, { type Options, type Sql } from "postgres";
import { DatabaseAwayError } from "../database-errors.ts";
import { type Pulse, startPulse } from "./pulse.ts";

/** Connections to one database, which come back by themselves when it does. */
export interface Pool {
  readonly sql: Sql;
  readonly pulse: Pulse;
  /** Called each time that the database has come back. */
  onReturn(listener: () => void): void;
  close(): Promise<void>;
}

/** Reconnecting must not wait longer than a sender is told to: the library's own waits grow to 20 s. */
const backoff = (attempt: number) => Math.min(0.05 * 2 ** attempt, 1);

/**
 * Opens a pool. While the database is away every question fails at once, and those on their way fail when its pulse is lost: a
 * sender gets his "not now" in seconds, not when the operating system gives the connection up.
 * @param address without anything of our own in it
 * @param connections the most of them
 * @param prepare whether statements may be prepared
 * @throws what the database or the network says, when it cannot be reached
 */
export async function openPool(address: string, connections: number, prepare: boolean): Promise<Pool> {
  const options = (max: number): Options<Record<string, postgres.PostgresType>> => ({
    max,
    prepare,
    backoff,
    connect_timeout: 3,
    idle_timeout: 300,
    onnotice: () => {},
    // Compiling takes a second of what the longest of our questions need a fraction of (measured). A pooler takes no such settings.
    connection: { application_name: "metrika-gateway", ...(prepare ? { jit: "off" } : {}) },
    types: {
      // Ids and instants stay below 2^53; sums of them come as numeric.
      bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String },
      // Documents come as text already where drizzle writes them.
      jsonb: {
        to: 3802,
        from: [114, 3802],
        parse: JSON.parse,
        serialize: (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)),
      },
    },
  });
  const connect = (max: number) => postgres(address, options(max)) as unknown as Sql;
  let current = connect(connections);
  let beating = connect(1);
  const returns = new Set<() => void>();
  let wasDown = false;

  function reconnect(): void {
    if (!wasDown) {
      const gone = current;
      current = connect(connections);
      gone.end({ timeout: 0 }).catch(() => {});
    }
    wasDown = true;
    const silent = beating;
    beating = connect(1);
    silent.end({ timeout: 0 }).catch(() => {});
  }

  const heart = ((strings: TemplateStringsArray, ...values: never[]) => {
    const answer = beating(strings, ...values);
    answer.then(
      () => {
        if (!wasDown) return;
        wasDown = false;
        for (const listener of returns) listener();
      },
      () => {},
    );
    return answer;
  }) as Sql;

  let pulse: Pulse;
  try {
    pulse = await startPulse(heart, reconnect);
  } catch (error) {
    await Promise.all([current.end({ timeout: 0 }), beating.end({ timeout: 0 })]);
    throw error;
  }
  const up = () => {
    if (!pulse.isUp) throw new DatabaseAwayError();
    return current;
  };
  const sql = new Proxy(current, {
    apply: (_, __, args) => Reflect.apply(up(), undefined, args),
    get: (_, member) => Reflect.get(member === "options" ? current : up(), member),
  });
  return {
    sql,
    pulse,
    onReturn: (listener) => void returns.add(listener),
    async close() {
      pulse.stop();
      await Promise.all([current.end({ timeout: 5 }), beating.end({ timeout: 1 })]);
    },
  };
}
