/** Rights that a token may carry. https://yandex.ru/dev/metrika/ru/intro/authorization */
export const scopes = ["metrika:read", "metrika:write", "metrika:offline_data"] as const;
/** One of {@link scopes}. */
export type Scope = (typeof scopes)[number];

/** Rights of a login to a counter. https://yandex.ru/dev/metrika/ru/management/openapi/counter/counters */
export const permissions = ["own", "edit", "view", "analyst", "view_access_filter", "analyst_access_filter"] as const;
/** One of {@link permissions}. */
export type Permission = (typeof permissions)[number];

/** Whose a token is and what it may do. */
export interface Token {
  readonly login: string;
  readonly scopes: readonly Scope[];
  /** The application that it was issued to. */
  readonly clientId: string;
  /** Milliseconds since 1970, UTC: from then on the token is unknown. Null: it lasts. */
  readonly expiresAt: number | null;
}

/** A new token; by default one that lasts and has all scopes. */
export interface TokenSeed {
  readonly login: string;
  readonly scopes?: readonly Scope[] | undefined;
  readonly clientId?: string | undefined;
  readonly expiresAt?: number | null | undefined;
}

/** A goal of a counter. */
export interface Goal {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly conditions: readonly { readonly type: string; readonly url: string }[];
}

/** A counter with its goals; `createdAt` is Unix milliseconds. */
export interface Counter {
  readonly id: number;
  readonly name: string;
  readonly site: string;
  readonly ownerLogin: string;
  /** Rights of logins other than the owner's. */
  readonly grants: Map<string, Permission>;
  readonly timeZoneName: string;
  readonly createdAt: number;
  readonly goals: Goal[];
}

/** A new counter; what is left out is filled in. */
export interface CounterSeed {
  readonly id?: number | undefined;
  readonly name: string;
  readonly ownerLogin: string;
  readonly site?: string | undefined;
  readonly timeZoneName?: string | undefined;
  readonly grants?: Readonly<Record<string, Permission>> | undefined;
}

/** A new goal; by default one that offline conversions can reach. */
export interface GoalSeed {
  readonly identifier: string;
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly condition?: string | undefined;
}

/** Everything that exists at Metrika before a file arrives: people, tokens, counters, goals. */
export interface World {
  readonly tokens: ReadonlyMap<string, Token>;
  readonly counters: ReadonlyMap<number, Counter>;
  /** Everybody who has a token, a counter or a right to one, or was added as a person. */
  readonly logins: readonly string[];
  /** Number of a login at Yandex ID; from now on the login exists. */
  loginId(login: string): number;
  addToken(token: string, seed: TokenSeed): void;
  /** From now on the token is unknown, as after a revocation. */
  killToken(token: string): void;
  addCounter(seed: CounterSeed, now: number): Counter;
  addGoal(counterId: number, seed: GoalSeed): Goal;
  makeGoal(counter: Counter, goal: Omit<Goal, "id">): Goal;
  permissionOf(login: string, counter: Counter): Permission | null;
}

/** An empty world. */
export function createWorld(): World {
  const tokens = new Map<string, Token>();
  const counters = new Map<number, Counter>();
  const loginIds = new Map<string, number>();
  let nextCounterId = 90_000_001;
  let nextGoalId = 535_000_001;

  function loginId(login: string): number {
    const id = loginIds.get(login) ?? 1_120_000_001 + loginIds.size;
    loginIds.set(login, id);
    return id;
  }

  function makeGoal(counter: Counter, goal: Omit<Goal, "id">): Goal {
    const made = { id: nextGoalId++, ...goal };
    counter.goals.push(made);
    return made;
  }

  return {
    tokens,
    counters,
    loginId,
    get logins() {
      return [...loginIds.keys()];
    },
    addToken(token, { login, scopes: granted = scopes, clientId = "simulator", expiresAt = null }) {
      loginId(login);
      tokens.set(token, { login, scopes: granted, clientId, expiresAt });
    },
    killToken: (token) => void tokens.delete(token),
    addCounter(seed, now) {
      const counter: Counter = {
        id: seed.id ?? nextCounterId++,
        name: seed.name,
        site: seed.site ?? "example.com",
        ownerLogin: seed.ownerLogin,
        grants: new Map(Object.entries(seed.grants ?? {})),
        timeZoneName: seed.timeZoneName ?? "Europe/Moscow",
        createdAt: now,
        goals: [],
      };
      for (const login of [counter.ownerLogin, ...counter.grants.keys()]) loginId(login);
      counters.set(counter.id, counter);
      return counter;
    },
    addGoal(counterId, seed) {
      const counter = counters.get(counterId);
      if (counter === undefined) throw new Error(`There is no counter ${counterId}: add it before its goals`);
      const { identifier, name = identifier, type = "action", condition = "exact" } = seed;
      return makeGoal(counter, { name, type, conditions: [{ type: condition, url: identifier }] });
    },
    makeGoal,
    permissionOf: (login, counter) => (counter.ownerLogin === login ? "own" : (counter.grants.get(login) ?? null)),
  };
}
