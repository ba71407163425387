import { expect, test } from "bun:test";
import type { ApiKeyRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, START } from "./world.ts";

const newKey = (workspaceId: number, change: Partial<ApiKeyRecord> = {}) => ({
  uuid: crypto.randomUUID(),
  workspaceId,
  name: "CRM",
  prefix: "abcdefgh",
  hash: "00ff",
  scopes: ["intake", "read"] as const,
  createdAt: START,
  expiresAt: null,
  ...change,
});

/** API keys, credentials, sources, goals. */
export function accountsContract(current: CurrentWorld): void {
  test("a new installation has a workspace and remembers who it is", () => {
    const { installation } = current().store;
    expect(installation.vaultCheck).toBe("canary");
    expect(installation.uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(installation.workspaceId).toBeGreaterThan(0);
  });

  test("an API key is found by its prefix with everything it was made with", async () => {
    const { apiKeys, installation } = current().store;
    const key = newKey(installation.workspaceId, { expiresAt: START + 1000 });
    const created = await apiKeys.create(key);
    expect(created).toMatchObject({ ...key, lastUsedAt: null, revokedAt: null });
    expect(await apiKeys.findByPrefix("abcdefgh")).toEqual(created);
    expect(await apiKeys.findByPrefix("zzzzzzzz")).toBeNull();
    expect(await apiKeys.list(installation.workspaceId)).toEqual([created]);
    expect(await apiKeys.list(installation.workspaceId + 1)).toEqual([]);
  });

  test("the last use of an API key is recorded", async () => {
    const { apiKeys, installation } = current().store;
    const { id } = await apiKeys.create(newKey(installation.workspaceId));
    await apiKeys.recordUse(id, START + 5);
    expect(await apiKeys.findByPrefix("abcdefgh")).toMatchObject({ lastUsedAt: START + 5 });
  });

  test("an API key is revoked once, and only from its own workspace", async () => {
    const { apiKeys, installation } = current().store;
    const { workspaceId } = installation;
    const { uuid } = await apiKeys.create(newKey(workspaceId));
    expect(await apiKeys.revoke(workspaceId + 1, uuid, START)).toBeNull();
    expect(await apiKeys.revoke(workspaceId, crypto.randomUUID(), START)).toBeNull();
    expect(await apiKeys.revoke(workspaceId, uuid, START + 1)).toMatchObject({ uuid, revokedAt: START + 1 });
    expect(await apiKeys.revoke(workspaceId, uuid, START + 2)).toBeNull();
    expect(await apiKeys.findByPrefix("abcdefgh")).toMatchObject({ revokedAt: START + 1 });
  });

  test("two API keys cannot share a prefix", async () => {
    const { apiKeys, installation } = current().store;
    const key = await apiKeys.create(newKey(installation.workspaceId));
    const refused = await apiKeys.create(newKey(installation.workspaceId)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Error);
    // An error may be logged.
    expect(Bun.inspect(refused)).not.toContain(key.hash);
  });

  test("a new credential works until it is refused", async () => {
    const world = current();
    const credential = await world.addCredential();
    expect(credential).toMatchObject({ login: null, pausedUntil: null, pausedReason: null, pauses: 0 });
    expect(await world.store.credentials.get(credential.id)).toEqual(credential);
    expect(await world.store.credentials.get(credential.id + 1)).toBeNull();
    const other = await world.addCredential();
    const { credentials } = world.store;
    const many = await credentials.getMany([credential.id, other.id, other.id + 1]);
    expect(many.toSorted((a, b) => a.id - b.id)).toEqual([credential, other]);
  });

  test("pauses of a credential are counted until it works again", async () => {
    const world = current();
    const { credentials } = world.store;
    const { id } = await world.addCredential();
    await credentials.pause(id, "unauthorized", START + 1000, START);
    await credentials.pause(id, "forbidden", START + 9000, START + 1000);
    expect(await credentials.get(id)).toMatchObject({
      pausedUntil: START + 9000,
      pausedReason: "forbidden",
      pauses: 2,
    });
    await credentials.resume(id, START + 9000);
    expect(await credentials.get(id)).toMatchObject({ pausedUntil: null, pausedReason: null, pauses: 0 });
  });

  test("a new token ends the pause and forgets whose the old one was", async () => {
    const world = current();
    const { credentials } = world.store;
    const { id, uuid } = await world.addCredential();
    await credentials.recordLogin(id, "owner", START);
    expect(await credentials.get(id)).toMatchObject({ login: "owner" });
    await credentials.pause(id, "forbidden", START + 1000, START);
    await credentials.replaceToken(id, "sealed anew", "another hash", START);
    const fresh = { login: null, pausedUntil: null, pausedReason: null, pauses: 0 };
    const token = { sealedToken: "sealed anew", tokenHash: "another hash" };
    expect(await credentials.get(id)).toMatchObject({ uuid, ...fresh, ...token });
  });

  test("a source is read as it was made", async () => {
    const world = current();
    const config = { funnel: 7, stages: ["won", "выиграна"] };
    const options = {
      dedupeBy: "purchase",
      identifiers: "best",
      createMissingGoals: true,
      allowPersonalUserId: true,
      uncertainPolicy: "hold",
    };
    const made = await world.addSource({ config, options: options as typeof world.source.options, description: "CRM" });
    expect(made).toMatchObject({ config, options, description: "CRM", isActive: true, previousSecretHash: null });
    expect(await world.store.sources.get(made.id)).toEqual(made);
    expect(await world.store.sources.findByUuid(made.uuid)).toEqual(made);
    expect(await world.store.sources.findByUuid(crypto.randomUUID())).toBeNull();
  });

  test("a change of a source touches nothing else of it", async () => {
    const world = current();
    const { sources } = world.store;
    const { updatedAt, ...before } = world.source;
    const change = { isActive: false, timeZone: "Asia/Omsk", previousSecretHash: "aa", previousSecretExpiresAt: START };
    const changed = await sources.update(before.id, change, updatedAt + 9);
    expect(changed).toEqual({ ...before, ...change, updatedAt: updatedAt + 9 });
    expect(await sources.findByUuid(before.uuid)).toEqual(changed);
  });

  test("a source keeps its config with the sealed part beside it, and when it is due; a removed one is due no more", async () => {
    const world = current();
    const { sources } = world.store;
    const config = { domain: "shop", stages: [{ id: "won", price: null }] };
    const kept = { config, sealedConfig: "sealed", configVersion: 2, schedule: "17 3 * * *", nextRunAt: START + 9 };
    const { id } = await world.addSource(kept);
    expect(await sources.get(id)).toMatchObject(kept);
    const off = { schedule: "off", nextRunAt: null, sealedConfig: null, config: {} };
    expect(await sources.update(id, off, START)).toMatchObject(off);
    await sources.update(id, kept, START);
    await sources.remove(id, START);
    expect(await sources.get(id)).toMatchObject({ ...kept, nextRunAt: null });
  });

  test("a removed source is in no list and under no address, but its batches still know it", async () => {
    const world = current();
    const { sources } = world.store;
    const { id, uuid, workspaceId } = world.source;
    await sources.remove(id, START);
    expect(await sources.findByUuid(uuid)).toBeNull();
    const all = await sources.list({ workspaceId, plugin: "webhook-offline", before: null, limit: 10 });
    expect(all).toEqual({ rows: [], after: null });
    expect(await sources.get(id)).toMatchObject({ uuid, isActive: false });
  });

  test("sources are listed newest first, page by page, by workspace and plugin", async () => {
    const world = current();
    const { sources } = world.store;
    const second = await world.addSource({ name: "second" });
    const third = await world.addSource({ name: "third" });
    const another = await world.addSource({ plugin: "another" });
    const of = { workspaceId: world.source.workspaceId, plugin: "webhook-offline" };
    const first = await sources.list({ ...of, before: null, limit: 2 });
    expect(first.rows).toEqual([third, second]);
    const rest = await sources.list({ ...of, before: first.after, limit: 2 });
    expect(rest).toEqual({ rows: [world.source], after: null });
    const all = await sources.list({ ...of, plugin: null, before: null, limit: 10 });
    expect(all.rows).toEqual([another, third, second, world.source]);
    const foreign = await sources.list({ ...of, workspaceId: of.workspaceId + 1, before: null, limit: 2 });
    expect(foreign.rows).toEqual([]);
  });

  test("the goals of a counter are those that were read last", async () => {
    const { goals } = current().store;
    const read = { workspaceId: 1, counterId: 100, identifiers: ["purchase", "заявка"], fetchedAt: START };
    const first = { ...read, attemptedAt: START, failures: 0, unreadableSince: null, errorCode: null };
    expect(await goals.get(1, 100)).toBeNull();
    await goals.save(first);
    expect(await goals.get(1, 100)).toEqual(first);
    const later = { ...first, identifiers: [], failures: 2, unreadableSince: START, errorCode: "metrika_forbidden" };
    await goals.save(later);
    expect(await goals.get(1, 100)).toEqual(later);
    expect(await goals.get(2, 100)).toBeNull();
    expect(await goals.get(1, 101)).toBeNull();
    const [second, third] = [
      { ...later, counterId: 101 },
      { ...later, workspaceId: 2 },
    ];
    for (const other of [second, third]) await goals.save(other);
    const many = await goals.getMany([1], [100, 101, 102]);
    expect(many.toSorted((a, b) => a.counterId - b.counterId)).toEqual([later, second]);
    expect(await goals.getMany([2], [100, 101])).toEqual([third]);
  });
}
