import { expect, test } from "bun:test";
import type { CredentialRecord, RequestKind } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, LINGER_MS, START, sale, type World } from "./world.ts";

const spend = (world: World, kind: RequestKind, limit = 1000, loginKey = "owner") =>
  world.store.quota.spend({ loginKey, kind, limit, now: world.now });

const demandOf = (world: World, loginKey = "owner", since = START - DAY) => world.store.quota.demand(loginKey, since);

/** Makes a credential one of the login's. */
async function own(world: World, id: number, login = "owner"): Promise<void> {
  await world.store.credentials.recordLogin(id, login, world.now);
}

/** The day's quota of logins, and what they need it for. */
export function quotaContract(current: CurrentWorld): void {
  test("what a login spends is counted by day, reads and writes apart", async () => {
    const world = current();
    const { quota } = world.store;
    expect(await quota.spent("owner", START)).toEqual({ reads: 0, writes: 0, exhaustedAt: null });
    for (const kind of ["read", "write", "read"] as const) expect(await spend(world, kind)).toBe(true);
    await spend(world, "write", 1000, "another");
    expect(await quota.spent("owner", START)).toEqual({ reads: 2, writes: 1, exhaustedAt: null });
    const midnight = Date.parse("2026-11-24T00:00:00Z");
    expect(await quota.spent("owner", midnight - 1)).toMatchObject({ reads: 2 });
    expect(await quota.spent("owner", midnight)).toEqual({ reads: 0, writes: 0, exhaustedAt: null });
  });

  test("no more is spent than the limit allows, and what was refused is not counted", async () => {
    const world = current();
    const asked = await Promise.all(Array.from({ length: 5 }, () => spend(world, "write", 3)));
    expect(asked.filter(Boolean)).toHaveLength(3);
    expect(await spend(world, "read", 0)).toBe(false);
    expect(await spend(world, "write", 4)).toBe(true);
    expect(await world.store.quota.spent("owner", START)).toEqual({ reads: 0, writes: 4, exhaustedAt: null });
  });

  test("a day that is used up stays so, and the next one is fresh", async () => {
    const { quota } = current().store;
    await quota.exhaust("owner", START);
    await quota.exhaust("owner", START + 1000);
    expect(await quota.spent("owner", START)).toEqual({ reads: 0, writes: 0, exhaustedAt: START });
    expect((await quota.spent("owner", START + DAY)).exhaustedAt).toBeNull();
  });

  test("what was counted under a token's hash is its login's once that is known", async () => {
    const world = current();
    const { id, tokenHash } = await world.addCredential();
    await spend(world, "read");
    await spend(world, "read", 1000, tokenHash);
    await spend(world, "write", 1000, tokenHash);
    await own(world, id);
    expect(await world.store.quota.spent("owner", START)).toMatchObject({ reads: 2, writes: 1 });
    expect(await world.store.quota.spent(tokenHash, START)).toMatchObject({ reads: 0, writes: 0 });
  });

  test("a login's lanes are told with how many files they made and how long these gathered rows", async () => {
    const world = current();
    await own(world, world.source.credentialId);
    for (let i = 0; i < 3; i++) {
      await world.receive([sale(i), sale(10 + i, { target: "lead" })]);
      await world.place();
      world.now += LINGER_MS;
      await world.seal();
    }
    const { groups } = await demandOf(world);
    const lane = { counterId: 100, credentialId: world.source.credentialId, currency: "RUB", identifier: "client_id" };
    // The first file of a counter is ripe at once, but nobody closes it here before the others.
    const told = { ...lane, files: 3, lingerMs: LINGER_MS, firstAt: START };
    expect(groups.toSorted((a, b) => a.target.localeCompare(b.target))).toEqual([
      { ...told, target: "lead" },
      { ...told, target: "purchase" },
    ]);
    expect((await demandOf(world, "owner", START + LINGER_MS)).groups).toMatchObject([{ files: 2 }, { files: 2 }]);
    expect((await demandOf(world, "another")).groups).toEqual([]);
  });

  test("files to be sent, files at Metrika by counter, and counters waiting for a goal are counted", async () => {
    const world = current();
    const { credentialId } = world.source;
    await own(world, credentialId);
    for (const [visitor, counterId] of [1, 1, 2, 3].entries()) {
      const source = await world.addSource({ counterId, credentialId });
      await world.receive([sale(visitor)], { source });
      await world.place();
      await world.seal();
      world.now += LINGER_MS;
    }
    await world.seal();
    const stranger = await world.addSource({ counterId: 9 });
    await world.receive([sale(1)], { source: stranger });
    await world.place();
    await world.seal();
    const ofCounter = async (id: number) => (await world.uploads()).filter(({ counterId }) => counterId === id);
    for (const counterId of [1, 2])
      for (const upload of await ofCounter(counterId)) await world.advance(upload, "sent");
    const waiting = await world.addSource({ counterId: 3, credentialId });
    await world.receive([sale(5, { target: "callback" })], { source: waiting });
    await world.place(() => "waiting_goal");
    const { plannedFiles, openFiles, countersWaiting } = await demandOf(world);
    expect({ plannedFiles, countersWaiting }).toEqual({ plannedFiles: 1, countersWaiting: 1 });
    expect(openFiles.toSorted()).toEqual([1, 2]);
  });

  test("a used-up quota rests every credential of the login, and lets no refused token off", async () => {
    const world = current();
    const { credentials } = world.store;
    const made: CredentialRecord[] = [];
    for (const login of ["owner", "owner", "owner", "another", null]) {
      const credential = await world.addCredential();
      if (login !== null) await own(world, credential.id, login);
      made.push(credential);
    }
    await credentials.pause(made[1]!.id, "unauthorized", START + 100, START);
    await credentials.pause(made[2]!.id, "forbidden", START - 1, START - 100);
    await credentials.pauseLogin("owner", START + 500, START);
    await credentials.pauseLogin(made[4]!.tokenHash, START + 700, START);
    const told = await Promise.all(made.map(async ({ id }) => credentials.get(id)));
    expect(told.map((one) => [one?.pausedReason ?? null, one?.pausedUntil ?? null, one?.pauses])).toEqual([
      ["quota", START + 500, 0],
      ["unauthorized", START + 100, 1],
      ["quota", START + 500, 1],
      [null, null, 0],
      ["quota", START + 700, 0],
    ]);
  });

  test("the logins of a workspace are listed page by page, with how many of their credentials rest", async () => {
    const world = current();
    const { workspaceId, credentialId } = world.source;
    await own(world, credentialId);
    const second = await world.addSource({ counterId: 2 });
    await own(world, second.credentialId);
    const unknown = await world.addSource({ counterId: 3 });
    const gone = await world.addSource({ counterId: 4 });
    await own(world, gone.credentialId, "gone");
    await world.store.sources.remove(gone.id, START);
    await world.store.credentials.pauseLogin("owner", START + 500, START);
    const list = (after: number | null, limit: number, now = START) =>
      world.store.quota.logins({ workspaceId, after, limit, now });
    const first = await list(null, 1);
    expect(first.rows).toEqual([{ loginKey: "owner", login: "owner", credentials: 2, paused: 2 }]);
    const { tokenHash } = (await world.store.credentials.get(unknown.credentialId))!;
    expect(await list(first.after, 1)).toEqual({
      rows: [{ loginKey: tokenHash, login: null, credentials: 1, paused: 0 }],
      after: null,
    });
    expect((await list(null, 10, START + 500)).rows[0]).toMatchObject({ paused: 0 });
    expect((await world.store.quota.logins({ workspaceId: 99, after: null, limit: 9, now: START })).rows).toEqual([]);
  });
}
