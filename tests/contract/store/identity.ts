import { expect, test } from "bun:test";
import type { UserRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, MINUTE, START, type World } from "./world.ts";

const HOUR = 60 * MINUTE;

async function addUser(world: World, email = "anna@example.com"): Promise<UserRecord> {
  const user = await world.store.identity.users.create({
    ...{ uuid: world.uuid(), email, name: "Anna", passwordHash: `hash of ${email}`, now: world.now },
  });
  if (!user) throw new Error(`${email} is taken.`);
  return user;
}

async function openSession(world: World, user: UserRecord, token: string, address: string | null = null) {
  const uuid = world.uuid();
  const times = { createdAt: world.now, expiresAt: world.now + 30 * DAY };
  await world.store.identity.sessions.open({ uuid, userId: user.id, ...times, userAgent: "Firefox", address }, token);
  return uuid;
}

const exchange = (world: World, hash: string, successorHash: string) =>
  world.store.identity.sessions.exchange({
    ...{ hash, successorHash, now: world.now, expiresAt: world.now + 30 * DAY, graceMs: 10_000 },
  });

/** People, their sessions, keys, codes and counted tries. */
export function identityContract(current: CurrentWorld): void {
  test("a person is found by address and id, and an address is taken once, also by two at once", async () => {
    const world = current();
    const { users } = world.store.identity;
    const anna = await addUser(world);
    expect(anna).toMatchObject({
      issuer: "local",
      subject: anna.uuid,
      name: "Anna",
      createdAt: START,
      lastSeenAt: null,
    });
    expect(await users.findByEmail("anna@example.com")).toEqual(anna);
    expect(await users.findByUuid(anna.uuid)).toEqual(anna);
    expect(await users.passwordHash(anna.id)).toBe("hash of anna@example.com");
    expect(await users.findByEmail("nobody@example.com")).toBeNull();
    expect(await users.passwordHash(anna.id + 1)).toBeNull();
    const bob = () =>
      users.create({ uuid: world.uuid(), email: "bob@example.com", name: null, passwordHash: "x", now: START });
    const made = await Promise.all([bob(), bob(), bob()]);
    expect(made.filter((user) => user !== null)).toHaveLength(1);
  });

  test("people are listed page by page, and one who got no place is taken back", async () => {
    const world = current();
    const { users } = world.store.identity;
    const [anna, bob, eve] = [await addUser(world), await addUser(world, "bob@x.ru"), await addUser(world, "eve@x.ru")];
    const first = await users.list(null, 2);
    expect(first.rows).toEqual([anna, bob]);
    expect(await users.list(first.after, 2)).toEqual({ rows: [eve], after: null });
    await users.remove(bob.id);
    expect(await users.findByEmail("bob@x.ru")).toBeNull();
    await users.rename(eve.id, "Eve", START + 5);
    expect(await users.findByUuid(eve.uuid)).toMatchObject({ name: "Eve", updatedAt: START + 5 });
  });

  test("a refresh token is exchanged once, and whoever comes a moment later is told that it was", async () => {
    const world = current();
    const { sessions, users } = world.store.identity;
    const anna = await addUser(world);
    const uuid = await openSession(world, anna, "first");
    world.now += HOUR;
    expect(await exchange(world, "first", "second")).toEqual({ outcome: "exchanged", sessionUuid: uuid });
    const found = await sessions.find(uuid);
    expect(found?.session).toMatchObject({ refreshedAt: world.now, expiresAt: world.now + 30 * DAY, endedAt: null });
    expect((await users.findByUuid(anna.uuid))?.lastSeenAt).toBe(world.now);
    world.now += 10_000;
    expect(await exchange(world, "first", "second")).toEqual({ outcome: "repeated", sessionUuid: uuid });
    expect(await sessions.isTokenUsed("first")).toBe(true);
    expect(await sessions.isTokenUsed("second")).toBe(false);
    expect(await sessions.isTokenUsed("third")).toBeNull();
    expect(await exchange(world, "never given", "x")).toEqual({ outcome: "unknown" });
  });

  test("of many who come with one token at once, one exchanges it", async () => {
    const world = current();
    await openSession(world, await addUser(world), "first");
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => exchange(world, "first", "second")));
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["exchanged", ...Array(7).fill("repeated")]);
  });

  test("a used token that comes back late ends its session, and no token of it is taken any more", async () => {
    const world = current();
    const { sessions } = world.store.identity;
    const anna = await addUser(world);
    const uuid = await openSession(world, anna, "first");
    const other = await openSession(world, anna, "of another device");
    await exchange(world, "first", "second");
    world.now += 10_001;
    expect(await exchange(world, "first", "second")).toEqual({ outcome: "reused", sessionUuid: uuid });
    expect((await sessions.find(uuid))?.session.endedAt).toBe(world.now);
    expect(await exchange(world, "second", "third")).toEqual({ outcome: "ended" });
    expect((await sessions.find(other))?.session.endedAt).toBeNull();
  });

  test("an expired session is refreshed no more", async () => {
    const world = current();
    await openSession(world, await addUser(world), "first");
    world.now += 30 * DAY;
    expect(await exchange(world, "first", "second")).toEqual({ outcome: "ended" });
  });

  test("sessions end one, all but one, or all; each is told as ended once", async () => {
    const world = current();
    const { sessions } = world.store.identity;
    const [anna, bob] = [await addUser(world), await addUser(world, "bob@x.ru")];
    const [a, b, c] = [
      await openSession(world, anna, "a"),
      await openSession(world, anna, "b"),
      await openSession(world, anna, "c"),
    ];
    const bobs = await openSession(world, bob, "d");
    const end = (only: string | null, except: string | null) =>
      sessions.end({ userId: anna.id, only, except }, world.now);
    expect((await sessions.list(anna.id, world.now)).map(({ uuid }) => uuid)).toEqual([c, b, a]);
    expect(await end(bobs, null)).toEqual([]);
    expect(await end(a, null)).toEqual([a]);
    expect(await end(null, b)).toEqual([c]);
    expect(await end(null, null)).toEqual([b]);
    expect(await end(null, null)).toEqual([]);
    expect(await sessions.list(anna.id, world.now)).toEqual([]);
    expect(await sessions.list(bob.id, world.now)).toHaveLength(1);
  });

  test("the addresses that a person signed in from are known by his e-mail address", async () => {
    const world = current();
    const { sessions } = world.store.identity;
    const anna = await addUser(world);
    for (const [token, address] of [
      ["a", "192.0.2.1"],
      ["b", "192.0.2.1"],
      ["c", "2001:db8::1"],
      ["d", null],
    ] as const)
      await openSession(world, anna, token, address);
    expect((await sessions.addresses(anna.email)).toSorted()).toEqual(["192.0.2.1", "2001:db8::1"]);
    expect(await sessions.addresses("nobody@example.com")).toEqual([]);
  });

  test("a new password ends the other sessions and makes open recovery codes worthless", async () => {
    const world = current();
    const { users, sessions, recoveryCodes } = world.store.identity;
    const anna = await addUser(world);
    const [kept, other] = [await openSession(world, anna, "a"), await openSession(world, anna, "b")];
    const code = { uuid: world.uuid(), userId: anna.id, hash: "code", createdAt: START, expiresAt: START + HOUR };
    await recoveryCodes.create(code);
    const ended = await users.setPassword({ userId: anna.id, hash: "new hash", keep: kept, now: START });
    expect(ended).toEqual([other]);
    expect(await users.passwordHash(anna.id)).toBe("new hash");
    expect((await sessions.find(kept))?.session.endedAt).toBeNull();
    expect(await recoveryCodes.use("code", START)).toBeNull();
  });

  test("a recovery code is used once and before it expires, also by two at once", async () => {
    const world = current();
    const { recoveryCodes } = world.store.identity;
    const anna = await addUser(world);
    for (const hash of ["one", "two"])
      await recoveryCodes.create({
        ...{ uuid: world.uuid(), userId: anna.id, hash, createdAt: START, expiresAt: START + HOUR },
      });
    const used = await Promise.all([1, 2, 3].map(() => recoveryCodes.use("one", START)));
    expect(used.filter((user) => user?.id === anna.id)).toHaveLength(1);
    expect(await recoveryCodes.use("two", START + HOUR)).toBeNull();
    expect(await recoveryCodes.use("three", START)).toBeNull();
  });

  test("the newest signing key stands first, and those before it are retired", async () => {
    const { signingKeys } = current().store.identity;
    const key = (kid: string, createdAt: number) => ({
      ...{ kid, publicJwk: { kty: "EC", x: kid }, sealedPrivateKey: "v1.sealed", createdAt },
    });
    await signingKeys.add(key("a", START));
    await signingKeys.add(key("b", START + DAY));
    expect(await signingKeys.list()).toEqual([
      { ...key("b", START + DAY), retiredAt: null },
      { ...key("a", START), retiredAt: START + DAY },
    ]);
  });

  test("tries are counted under all keys or under none, until a window is over", async () => {
    const world = current();
    const { throttles } = world.store.identity;
    const throttle = (key: string, free: number) => ({
      ...{ key, windowMs: HOUR, blockMs: (tries: number) => (tries > free ? 1000 * (tries - free) : 0) },
    });
    const both = [throttle("b", 1), throttle("a", 5)];
    const take = () => throttles.take(both, world.now);
    expect(await take()).toBeNull();
    expect(await take()).toBeNull();
    expect(await take()).toBe(START + 1000);
    expect(await throttles.take([throttle("a", 3)], world.now)).toBeNull();
    world.now += 1000;
    expect(await take()).toBeNull();
    expect(await take()).toBe(world.now + 2000);
    await throttles.giveBack(["b"]);
    expect(await take()).toBeNull();
    await throttles.clear(["b"]);
    expect(await throttles.take([throttle("b", 1)], world.now)).toBeNull();
    expect(await throttles.take([throttle("b", 1)], world.now)).toBeNull();
    expect(await throttles.take([throttle("b", 1)], world.now)).toBe(world.now + 1000);
    world.now += HOUR;
    expect(await throttles.take([throttle("b", 1)], world.now)).toBeNull();
    expect(await throttles.take([throttle("b", 1)], world.now)).toBeNull();
  });

  test("of many tries at once no more pass than are free, and one more", async () => {
    const world = current();
    const { throttles } = world.store.identity;
    const rule = { windowMs: HOUR, blockMs: (tries: number) => (tries > 3 ? MINUTE : 0) };
    const keys = [
      { key: "x", ...rule },
      { key: "y", ...rule },
    ];
    const taken = await Promise.all(
      Array.from({ length: 12 }, (_, n) => throttles.take(n % 2 === 0 ? keys : keys.toReversed(), world.now)),
    );
    expect(taken.filter((until) => until === null)).toHaveLength(4);
  });

  test("what is over is forgotten, and nothing else", async () => {
    const world = current();
    const { users, sessions, signingKeys, recoveryCodes, throttles } = world.store.identity;
    const anna = await addUser(world);
    const old = await openSession(world, anna, "first");
    await exchange(world, "first", "second");
    const ended = await openSession(world, anna, "third");
    await sessions.end({ userId: anna.id, only: ended, except: null }, world.now);
    const key = (kid: string, createdAt: number) => ({ kid, publicJwk: {}, sealedPrivateKey: "v1", createdAt });
    await signingKeys.add(key("a", START));
    await signingKeys.add(key("b", START + DAY));
    await recoveryCodes.create({
      ...{ uuid: world.uuid(), userId: anna.id, hash: "code", createdAt: START, expiresAt: START + HOUR },
    });
    const blocked = { key: "k", windowMs: DAY, blockMs: () => 5 * DAY };
    await throttles.take([blocked], START);
    const purge = (at: number) => world.store.maintenance.purgeExpired(at);

    await purge(START + HOUR - 1);
    expect(await recoveryCodes.use("code", START)).not.toBeNull();
    await purge(START + 6 * DAY);
    expect(await sessions.find(ended)).not.toBeNull();
    expect((await signingKeys.list()).map(({ kid }) => kid)).toEqual(["b"]);
    expect(await sessions.isTokenUsed("first")).toBe(true);
    await purge(START + 7 * DAY);
    expect(await sessions.find(ended)).toBeNull();
    expect(await sessions.isTokenUsed("third")).toBeNull();
    expect(await sessions.find(old)).not.toBeNull();
    await purge(START + 30 * DAY);
    expect(await sessions.isTokenUsed("first")).toBeNull();
    expect(await sessions.isTokenUsed("second")).toBe(false);
    await purge(START + 37 * DAY);
    expect(await sessions.find(old)).toBeNull();
    expect(await users.findByUuid(anna.uuid)).not.toBeNull();
  });
}
