import { expect, test } from "bun:test";
import type { AccountRecord, CounterRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, START, type World } from "./world.ts";

async function addAccount(world: World, change: Partial<AccountRecord> = {}): Promise<AccountRecord> {
  const { workspaceId } = world.store.installation;
  const credentialId = change.credentialId ?? (await world.addCredential()).id;
  return world.store.accounts.create({
    ...{ uuid: crypto.randomUUID(), workspaceId, credentialId, yandexId: crypto.randomUUID(), login: "shop" },
    ...{ name: null, origin: "oauth", clientId: null, deviceId: null, sealedRefreshToken: null },
    ...{ scopes: ["metrika:read"], expiresAt: null, refreshAt: null, refreshedAt: null, refreshFailures: 0 },
    ...{ refreshError: null, warnedAt: null, connectedAt: START, disconnectedAt: null, updatedAt: START },
    ...change,
  });
}

const counterOf = (account: AccountRecord, counterId: number, change: Partial<CounterRecord> = {}): CounterRecord => ({
  ...{ workspaceId: account.workspaceId, accountId: account.id, counterId, name: "Shop", site: "shop.example" },
  ...{ timeZone: "Europe/Moscow", permission: "own", ownerLogin: "shop", status: "Active", errorCode: null },
  ...{ attachedAt: START, refreshedAt: START },
  ...change,
});

/** Attached counters, and accounts as others look for them. */
export function countersContract(current: CurrentWorld): void {
  test("a counter is read as it was attached, by its workspace alone", async () => {
    const world = current();
    const { counters } = world.store;
    const account = await addAccount(world);
    const counter = counterOf(account, 100);
    expect(await counters.get(account.workspaceId, 100)).toBeNull();
    expect(await counters.attach(counter)).toEqual(counter);
    expect(await counters.get(account.workspaceId, 100)).toEqual(counter);
    expect(await counters.get(account.workspaceId + 1, 100)).toBeNull();
    const second = await counters.attach(counterOf(account, 101));
    expect((await counters.getMany(account.workspaceId, [101, 100, 5])).toSorted(byNumber)).toEqual([counter, second]);
    expect(await counters.getMany(account.workspaceId + 1, [100])).toEqual([]);
  });

  test("a counter that is attached again keeps the instant of its attaching and takes all else", async () => {
    const world = current();
    const { counters } = world.store;
    const [first, second] = [await addAccount(world), await addAccount(world)];
    await counters.attach(counterOf(first, 100, { errorCode: "counter_not_accessible" }));
    const later = counterOf(second, 100, { name: "Renamed", attachedAt: START + 5, refreshedAt: START + 5 });
    const expected = { ...later, attachedAt: START };
    expect(await counters.attach(later)).toEqual(expected);
    expect(await counters.get(first.workspaceId, 100)).toEqual(expected);
  });

  test("a change of a counter touches nothing else of it, and one that is not attached is not made", async () => {
    const world = current();
    const { counters } = world.store;
    const account = await addAccount(world);
    const counter = await counters.attach(counterOf(account, 100));
    const change = { permission: null, status: "Deleted", refreshedAt: START + 1 };
    expect(await counters.update(account.workspaceId, 100, change)).toEqual({ ...counter, ...change });
    expect(await counters.update(account.workspaceId, 101, change)).toBeNull();
    expect(await counters.update(account.workspaceId + 1, 100, change)).toBeNull();
  });

  test("a counter is detached once, from its own workspace", async () => {
    const world = current();
    const { counters } = world.store;
    const account = await addAccount(world);
    await counters.attach(counterOf(account, 100));
    expect(await counters.detach(account.workspaceId + 1, 100)).toBe(false);
    expect(await counters.detach(account.workspaceId, 100)).toBe(true);
    expect(await counters.detach(account.workspaceId, 100)).toBe(false);
    expect(await counters.get(account.workspaceId, 100)).toBeNull();
  });

  test("counters are listed by number, page by page, by workspace", async () => {
    const world = current();
    const { counters } = world.store;
    const account = await addAccount(world);
    for (const id of [102, 100, 101]) await counters.attach(counterOf(account, id));
    const { workspaceId } = account;
    const first = await counters.list({ workspaceId, after: null, limit: 2 });
    expect([first.rows.map(({ counterId }) => counterId), first.after]).toEqual([[100, 101], 101]);
    const rest = await counters.list({ workspaceId, after: first.after, limit: 2 });
    expect([rest.rows.map(({ counterId }) => counterId), rest.after]).toEqual([[102], null]);
    expect((await counters.list({ workspaceId: workspaceId + 1, after: null, limit: 2 })).rows).toEqual([]);
  });

  test("a counter is used by the living sources that upload by an account, each told once", async () => {
    const world = current();
    const { counters, sources } = world.store;
    const account = await addAccount(world);
    // As it was connected before.
    await addAccount(world, { credentialId: account.credentialId, disconnectedAt: START });
    const { credentialId, workspaceId } = account;
    const own = await world.addSource({ counterId: 100 });
    const [first, second] = [
      await world.addSource({ counterId: 100, credentialId, name: "first" }),
      await world.addSource({ counterId: 100, credentialId, name: "second" }),
    ];
    await world.addSource({ counterId: 101, credentialId });
    const used = async (limit = 10) => (await counters.usedBy(workspaceId, 100, limit)).map(({ uuid }) => uuid);
    expect(await used()).toEqual([first.uuid, second.uuid]);
    expect(await used(1)).toEqual([first.uuid]);
    await sources.remove(second.id, START);
    await sources.update(first.id, { credentialId: own.credentialId }, START);
    expect(await used()).toEqual([]);
    expect(await sources.get(first.id)).toMatchObject({ credentialId: own.credentialId });
  });

  test("accounts are found by their credentials, the newest of several", async () => {
    const world = current();
    const { accounts } = world.store;
    const [first, other] = [await addAccount(world), await addAccount(world)];
    const again = await addAccount(world, { credentialId: first.credentialId, disconnectedAt: START });
    const { id: unused } = await world.addCredential();
    const found = await accounts.ofCredentials([first.credentialId, other.credentialId, unused]);
    expect(found).toEqual(new Map([again, other].map((account) => [account.credentialId, account])));
    expect(await accounts.getMany([first.id, other.id, other.id + 100])).toEqual(
      new Map([first, other].map((account) => [account.id, account])),
    );
  });

  test("a lease for making goals is one holder's until he gives it back, beside those of other counters", async () => {
    const { leases } = current().store;
    expect(await leases.take("goals:1", "a", 60_000)).toBe(true);
    expect(await leases.take("goals:1", "b", 60_000)).toBe(false);
    expect(await leases.take("goals:1", "a", 60_000)).toBe(true);
    expect(await leases.take("goals:2", "b", 60_000)).toBe(true);
    await leases.release("goals:1", "b");
    expect(await leases.take("goals:1", "b", 60_000)).toBe(false);
    await leases.release("goals:1", "a");
    expect(await leases.take("goals:1", "b", 0)).toBe(true);
    await Bun.sleep(5);
    expect(await leases.take("goals:1", "a", 60_000)).toBe(true);
  });
}

const byNumber = (a: CounterRecord, b: CounterRecord) => a.counterId - b.counterId;
