import { and, desc, eq, gt, isNull } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { LOCAL_ISSUER } from "../port/members.ts";
import { page } from "../sql/page.ts";
import { createSessionSteps, endSessions } from "../sql/sessions.ts";
import { createThrottleStore } from "../sql/throttles.ts";
import { type Driver, statement, type Work } from "../sql/work.ts";
import type {
  IdentityStore,
  LocalUserStore,
  OwnedSession,
  RecoveryCodeStore,
  SessionRecord,
  SessionStore,
  SigningKeyRecord,
  SigningKeyStore,
  UserRecord,
} from "../store.ts";
import { first } from "./first.ts";

const addUser = statement<{ id: number }, [uuid: string, email: string, name: string | null, now: number]>(
  `insert into users (uuid, issuer, subject, email, name, created_at, updated_at)
   values (?1, 'local', ?1, ?2, ?3, ?4, ?4) on conflict do nothing returning id`,
);
const savePassword = statement<never, [user: number, hash: string, now: number]>(
  `insert into passwords (user_id, hash, updated_at) values (?1, ?2, ?3)
   on conflict (user_id) do update set hash = excluded.hash, updated_at = excluded.updated_at`,
);
const dropPassword = statement<never, [user: number]>("delete from passwords where user_id = ?1");
const dropUser = statement<never, [user: number]>("delete from users where id = ?1");
const voidCodes = statement<never, [user: number, now: number]>(
  "update one_time_codes set used_at = ?2 where user_id = ?1 and kind = 'recovery' and used_at is null",
);
const retireBefore = statement<never, [createdAt: number, kid: string]>(
  "update signing_keys set retired_at = ?1 where retired_at is null and created_at <= ?1 and kid <> ?2",
);

/** What signing people in keeps: here what is read and written by itself, beside it steps of several statements. */
export function identityQueries(drizzle: Drizzle, driver: Driver): IdentityStore {
  return {
    users: userQueries(drizzle, driver),
    sessions: { ...sessionQueries(drizzle), ...createSessionSteps(driver) },
    signingKeys: signingKeyQueries(drizzle, driver),
    recoveryCodes: recoveryCodeQueries(drizzle),
    throttles: createThrottleStore(driver),
  };
}

function userQueries({ db, tables: { users, passwords } }: Drizzle, driver: Driver): LocalUserStore {
  const isLocal = eq(users.issuer, LOCAL_ISSUER);

  function* create({ uuid, email, name, passwordHash, now }: Parameters<LocalUserStore["create"]>[0]): Work<boolean> {
    const made = yield* addUser.get(uuid, email, name, now);
    if (!made) return false;
    yield* savePassword.send(made.id, passwordHash, now);
    return true;
  }

  function* remove(id: number): Work<void> {
    yield* dropPassword.send(id);
    yield* dropUser.send(id);
  }

  function* setPassword(change: Parameters<LocalUserStore["setPassword"]>[0]): Work<readonly string[]> {
    const { userId, hash, keep, now } = change;
    yield* savePassword.send(userId, hash, now);
    yield* voidCodes.send(userId, now);
    return yield* endSessions({ userId, only: null, except: keep }, now);
  }

  const findByUuid = async (uuid: string) =>
    first(
      await db
        .select()
        .from(users)
        .where(and(isLocal, eq(users.uuid, uuid))),
    ) as UserRecord | null;
  return {
    async create(user) {
      return (await driver.beside(() => create(user))) ? findByUuid(user.uuid) : null;
    },
    async remove(id) {
      await driver.beside(() => remove(id));
    },
    findByUuid,
    async findByEmail(email) {
      const found = db
        .select()
        .from(users)
        .where(and(isLocal, eq(users.email, email)));
      return first(await found) as UserRecord | null;
    },
    async passwordHash(id) {
      const found = db.select({ hash: passwords.hash }).from(passwords).where(eq(passwords.userId, id));
      return first(await found)?.hash ?? null;
    },
    async list(after, limit) {
      const where = and(isLocal, after === null ? undefined : gt(users.id, after));
      const oldest = db.select().from(users).where(where).orderBy(users.id);
      return page((await oldest.limit(limit + 1)) as UserRecord[], limit);
    },
    async rename(id, name, now) {
      await db.update(users).set({ name, updatedAt: now }).where(eq(users.id, id));
    },
    setPassword: (change) => driver.beside(() => setPassword(change)),
  };
}

function sessionQueries({ db, tables: { sessions, users } }: Drizzle): Pick<SessionStore, "find" | "list"> {
  return {
    async find(uuid) {
      const found = db
        .select({ session: sessions, user: users })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(eq(sessions.uuid, uuid));
      return first(await found) as OwnedSession | null;
    },
    async list(userId, now) {
      const open = and(eq(sessions.userId, userId), isNull(sessions.endedAt), gt(sessions.expiresAt, now));
      return (await db.select().from(sessions).where(open).orderBy(desc(sessions.id))) as SessionRecord[];
    },
  };
}

function signingKeyQueries({ db, tables: { signingKeys } }: Drizzle, driver: Driver): SigningKeyStore {
  return {
    async list() {
      const newest = db.select().from(signingKeys).orderBy(desc(signingKeys.createdAt), desc(signingKeys.kid));
      return (await newest) as SigningKeyRecord[];
    },
    async add(key) {
      await db.insert(signingKeys).values(key);
      await driver.ask(retireBefore.run(key.createdAt, key.kid));
    },
  };
}

function recoveryCodeQueries({ db, tables: { oneTimeCodes, users } }: Drizzle): RecoveryCodeStore {
  return {
    async create(code) {
      await db.insert(oneTimeCodes).values({ ...code, kind: "recovery" });
    },
    async use(hash, now) {
      const open = and(
        eq(oneTimeCodes.kind, "recovery"),
        eq(oneTimeCodes.hash, hash),
        isNull(oneTimeCodes.usedAt),
        gt(oneTimeCodes.expiresAt, now),
      );
      const used = db.update(oneTimeCodes).set({ usedAt: now }).where(open).returning({ userId: oneTimeCodes.userId });
      const userId = first(await used)?.userId ?? null;
      if (userId === null) return null;
      return first(await db.select().from(users).where(eq(users.id, userId))) as UserRecord | null;
    },
  };
}
