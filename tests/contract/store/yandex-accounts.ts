import { expect, test } from "bun:test";
import type { AccountRecord, NewConnection, OauthStateRecord, Store } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, MINUTE, START } from "./world.ts";

const connection = (change: Partial<NewConnection> = {}): NewConnection => ({
  ...{ login: "shop", origin: "oauth", clientId: "app", deviceId: "device-1", sealedRefreshToken: "sealed refresh" },
  ...{ scopes: ["metrika:read", "metrika:write"], expiresAt: START + 365 * DAY, refreshAt: START + 90 * DAY },
  token: { sealed: "sealed", hash: "hash" },
  ...change,
});

async function connect({ accounts, installation }: Store, change: Partial<NewConnection> = {}, yandexId = "7") {
  const uuids = { uuid: crypto.randomUUID(), credentialUuid: crypto.randomUUID() };
  const { workspaceId } = installation;
  return accounts.connect({ ...connection(change), ...uuids, workspaceId, yandexId }, START);
}

async function connected(store: Store, change: Partial<NewConnection> = {}, yandexId = "7"): Promise<AccountRecord> {
  const account = await connect(store, change, yandexId);
  if (account === null) throw new Error("It was connected already.");
  return account;
}

const state = (change: Partial<OauthStateRecord> = {}): OauthStateRecord => ({
  ...{ hash: "state", workspaceId: 1, accountId: null, actor: "{}", browserHash: "cookie", uuid: crypto.randomUUID() },
  ...{ clientId: "app", sealedVerifier: "sealed", redirectUri: "https://x/y", returnTo: null },
  ...{ createdAt: START, expiresAt: START + 10 * MINUTE },
  ...change,
});

/** Yandex accounts, the application that connects them, and connections under way. */
export function yandexAccountsContract(current: CurrentWorld): void {
  test("an account is connected with a credential of its own, and its Yandex account once in a workspace", async () => {
    const { store } = current();
    const { workspaceId } = store.installation;
    const account = await connected(store);
    expect(account).toMatchObject({
      ...{ workspaceId, yandexId: "7", login: "shop", scopes: ["metrika:read", "metrika:write"], name: null },
      ...{ connectedAt: START, disconnectedAt: null, refreshFailures: 0, refreshError: null },
    });
    expect(await store.credentials.get(account.credentialId)).toMatchObject({ login: "shop", sealedToken: "sealed" });
    expect(await connect(store)).toBeNull();
    expect(await store.accounts.list(workspaceId)).toEqual([account]);
    expect(await store.accounts.findByYandexId(workspaceId, "7")).toEqual(account);
    expect(await store.accounts.findByYandexId(workspaceId, "8")).toBeNull();
    expect(await store.accounts.list(workspaceId + 1)).toEqual([]);
  });

  test("of many who connect the same Yandex account at once one makes it", async () => {
    const { store } = current();
    const made = await Promise.all(Array.from({ length: 6 }, () => connect(store)));
    expect(made.filter((account) => account !== null)).toHaveLength(1);
  });

  test("a new consent changes account and credential together, ends a pause and forgets failures", async () => {
    const { store } = current();
    const { id, credentialId } = await connected(store);
    await store.accounts.claimRefresh({ id, refreshAt: START + 90 * DAY }, START + 91 * DAY);
    await store.accounts.failRefresh(id, START + 91 * DAY, { error: "invalid_grant", refreshAt: null }, START);
    await store.credentials.pause(credentialId, "unauthorized", START + DAY, START);
    const token = { sealed: "another", hash: "another hash" };
    const facts = { scopes: ["metrika:read"], expiresAt: START + DAY, refreshAt: START + 5, token };
    const account = await store.accounts.reconnect(id, connection(facts), START + 3);
    expect(account).toMatchObject({ ...{ id, credentialId, scopes: ["metrika:read"], refreshAt: START + 5 } });
    expect(account).toMatchObject({ refreshFailures: 0, refreshError: null, connectedAt: START + 3 });
    const fresh = { sealedToken: "another", tokenHash: "another hash", login: "shop", pausedUntil: null, pauses: 0 };
    expect(await store.credentials.get(credentialId)).toMatchObject(fresh);
  });

  test("a disconnected account has no tokens, rests, and is connected anew under the same row", async () => {
    const { store } = current();
    const { id, credentialId } = await connected(store);
    const empty = { sealed: "sealed nothing", hash: "none" };
    expect(await store.accounts.disconnect(id, empty, START + DAY, START + 1)).toBe(true);
    expect(await store.accounts.disconnect(id, empty, START + DAY, START + 2)).toBe(false);
    const gone = { disconnectedAt: START + 1, sealedRefreshToken: null, refreshAt: null, expiresAt: null };
    expect(await store.accounts.get(id)).toMatchObject(gone);
    const resting = { sealedToken: "sealed nothing", pausedReason: "unauthorized", pausedUntil: START + DAY };
    expect(await store.credentials.get(credentialId)).toMatchObject(resting);
    expect(await store.accounts.reconnect(id, connection(), START + 3)).toMatchObject({ disconnectedAt: null });
    expect(await store.credentials.get(credentialId)).toMatchObject({ sealedToken: "sealed", pausedUntil: null });
  });

  test("a refresh is due at its time, and of many who claim it one gets it", async () => {
    const { store } = current();
    const account = await connected(store);
    await connected(store, { refreshAt: null }, "8");
    const due = START + 90 * DAY;
    expect(await store.accounts.dueForRefresh(due - 1, 10)).toEqual([]);
    expect(await store.accounts.dueForRefresh(due, 10)).toEqual([account]);
    const claims = await Promise.all([1, 2, 3, 4].map((n) => store.accounts.claimRefresh(account, due + n * MINUTE)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await store.accounts.dueForRefresh(due, 10)).toEqual([]);
  });

  test("a refreshed pair is kept whole while its claim is held, and not at all when it is not", async () => {
    const { store } = current();
    const account = await connected(store);
    const { id, credentialId } = account;
    const claim = START + 91 * DAY;
    await store.accounts.claimRefresh(account, claim);
    const token = { sealed: "fresh", hash: "fresh hash" };
    const tokens = { sealedRefreshToken: "next", expiresAt: START + 500 * DAY, refreshAt: START + 180 * DAY, token };
    expect(await store.accounts.saveRefreshed(id, claim + 1, tokens, START + 7)).toBe(false);
    expect(await store.credentials.get(credentialId)).toMatchObject({ sealedToken: "sealed" });
    expect(await store.accounts.saveRefreshed(id, claim, tokens, START + 7)).toBe(true);
    const kept = { sealedRefreshToken: "next", refreshedAt: START + 7, refreshAt: START + 180 * DAY };
    expect(await store.accounts.get(id)).toMatchObject(kept);
    const credential = { sealedToken: "fresh", tokenHash: "fresh hash", login: "shop" };
    expect(await store.credentials.get(credentialId)).toMatchObject(credential);
  });

  test("a refreshed token ends the rest of a refused one, but gives no used-up quota back", async () => {
    const { store } = current();
    for (const [reason, rests] of [
      ["unauthorized", false],
      ["quota", true],
    ] as const) {
      const account = await connected(store, {}, reason);
      if (reason === "quota") await store.credentials.pauseLogin("shop", START + DAY, START);
      else await store.credentials.pause(account.credentialId, reason, START + DAY, START);
      const claim = START + 91 * DAY;
      await store.accounts.claimRefresh(account, claim);
      const token = { sealed: "fresh", hash: "fresh hash" };
      await store.accounts.saveRefreshed(account.id, claim, { ...connection(), token }, START);
      expect((await store.credentials.get(account.credentialId))?.pausedReason).toBe(rests ? "quota" : null);
    }
  });

  test("failures of a refresh are counted, and an end that cannot be put off is warned of once", async () => {
    const { store } = current();
    const account = await connected(store, { expiresAt: START + 100 * DAY });
    const { id } = account;
    await store.accounts.claimRefresh(account, START + 1);
    await store.accounts.failRefresh(id, START + 1, { error: "unreachable", refreshAt: START + 2 }, START);
    expect(await store.accounts.get(id)).toMatchObject({ refreshFailures: 1, refreshError: "unreachable" });
    expect(await store.accounts.endingUnwarned(START + 200 * DAY, 10)).toEqual([]);
    await store.accounts.claimRefresh({ id, refreshAt: START + 2 }, START + 3);
    await store.accounts.failRefresh(id, START + 3, { error: "invalid_grant", refreshAt: null }, START);
    expect(await store.accounts.endingUnwarned(START + 99 * DAY, 10)).toEqual([]);
    expect(await store.accounts.endingUnwarned(START + 100 * DAY, 10)).toMatchObject([{ id, refreshFailures: 2 }]);
    await store.accounts.recordWarning(id, START);
    expect(await store.accounts.endingUnwarned(START + 100 * DAY, 10)).toEqual([]);
  });

  test("what depends on an account is counted without what was deleted", async () => {
    const world = current();
    const { store } = world;
    const { id, credentialId } = await connected(store);
    expect(await store.accounts.useOf(id)).toEqual({ sources: 0, counters: 0 });
    await world.addSource({ credentialId });
    const { id: deleted } = await world.addSource({ credentialId });
    await store.sources.remove(deleted, START);
    expect(await store.accounts.useOf(id)).toEqual({ sources: 1, counters: 0 });
  });

  test("an account is named, and nothing else of it changes", async () => {
    const { store } = current();
    const account = await connected(store);
    const named = { ...account, name: "Клиент", updatedAt: START + 5 };
    expect(await store.accounts.rename(account.id, "Клиент", START + 5)).toEqual(named);
  });

  test("the installation has one application, which another one replaces", async () => {
    const { oauthApplication } = current().store;
    expect(await oauthApplication.get()).toBeNull();
    const facts = { createdAt: START, updatedAt: START, checkedAt: null };
    const first = { uuid: crypto.randomUUID(), clientId: "one", sealedSecret: "s1", ...facts };
    await oauthApplication.save(first);
    await oauthApplication.recordCheck(START + 1);
    expect(await oauthApplication.get()).toMatchObject({ ...first, checkedAt: START + 1 });
    await oauthApplication.save({ ...first, clientId: "two" });
    expect(await oauthApplication.get()).toMatchObject({ clientId: "two", checkedAt: null });
    expect([await oauthApplication.remove(), await oauthApplication.remove()]).toEqual([true, false]);
  });

  test("a connection under way is handed out once, and not after its time", async () => {
    const { oauthStates, installation } = current().store;
    const { workspaceId } = installation;
    const begun = state({ workspaceId });
    await oauthStates.add(begun);
    expect(await oauthStates.find("state", START)).toEqual(begun);
    expect(await oauthStates.find("another", START)).toBeNull();
    expect(await oauthStates.take("state", begun.expiresAt)).toBeNull();
    const taken = await Promise.all([1, 2, 3].map(() => oauthStates.take("state", START)));
    expect(taken.filter((one) => one !== null)).toEqual([begun]);
    expect(await oauthStates.find("state", START)).toBeNull();
  });

  test("connections that have run out are forgotten when another begins", async () => {
    const { oauthStates, installation } = current().store;
    const { workspaceId } = installation;
    await oauthStates.add(state({ workspaceId }));
    const later = START + 10 * MINUTE;
    await oauthStates.add(state({ workspaceId, hash: "next", createdAt: later, expiresAt: later + MINUTE }));
    expect(await oauthStates.find("state", START)).toBeNull();
    expect(await oauthStates.find("next", later)).toMatchObject({ hash: "next" });
  });
}
