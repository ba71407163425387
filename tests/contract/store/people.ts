import { expect, test } from "bun:test";
import type {
  InvitationRecord,
  Role,
  SeenMember,
  SetupCodeRecord,
  Store,
  UserRecord,
} from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, START, type World } from "./world.ts";

/** Makes a person known. */
function addPerson({ store, now: createdAt }: World, email: string): Promise<UserRecord> {
  const subject = crypto.randomUUID();
  const uuid = crypto.randomUUID();
  return store.users.remember({ uuid, issuer: "local", subject, email, name: null, createdAt });
}

/** Makes a person known and a member of the installation's workspace. */
async function addMember(world: World, email: string, role: Role): Promise<UserRecord> {
  const user = await addPerson(world, email);
  const { hash } = await invite(world, email, { role });
  expect(await world.store.invitations.accept({ hash, userId: user.id, now: world.now })).toBe("accepted");
  return user;
}

function invite(world: World, email: string, change: Partial<InvitationRecord> = {}): Promise<InvitationRecord> {
  const { workspaceId } = world.store.installation;
  return world.store.invitations.create({
    ...{ uuid: crypto.randomUUID(), workspaceId, email, role: "viewer", hash: `hash ${crypto.randomUUID()}` },
    ...{ invitedBy: null, createdAt: world.now, expiresAt: world.now + 7 * DAY },
    ...change,
  });
}

const seen = ({ installation }: Store, { id: userId }: UserRecord, from: Role): SeenMember => ({
  ...{ workspaceId: installation.workspaceId, userId, from, now: START + 1 },
});

const newCode = (hash: string): SetupCodeRecord => ({
  ...{ uuid: crypto.randomUUID(), hash, sealedCode: `sealed ${hash}`, createdAt: START },
});

/** Workspaces, members, invitations, setup codes. */
export function peopleContract(current: CurrentWorld): void {
  const rolesLeft = async () => {
    const { members, installation } = current().store;
    return (await members.list(installation.workspaceId)).map(({ email, role }) => `${email} ${role}`);
  };

  test("whoever makes a workspace owns it, and it can be renamed", async () => {
    const world = current();
    const { workspaces, members } = world.store;
    const anna = await addPerson(world, "anna@example.com");
    const uuid = crypto.randomUUID();
    const made = await workspaces.create({ uuid, name: "Shop", createdAt: START }, anna.id);
    expect(await workspaces.get(made.id)).toEqual({ id: made.id, uuid, name: "Shop", createdAt: START });
    await workspaces.rename(made.id, "Магазин");
    expect(await workspaces.findByUuid(uuid)).toMatchObject({ id: made.id, name: "Магазин" });
    expect(await members.ofUser(anna.id)).toEqual([
      { workspaceId: made.id, workspaceUuid: uuid, workspaceName: "Магазин", role: "owner" },
    ]);
  });

  test("members are listed as they joined, and found only in their own workspace", async () => {
    const world = current();
    const { members, installation, workspaces, users } = world.store;
    const anna = await addMember(world, "anna@example.com", "owner");
    world.now += 5;
    const boris = await addMember(world, "boris@example.com", "viewer");
    await users.recordSeen(boris.id, world.now + 1);
    expect(await rolesLeft()).toEqual(["anna@example.com owner", "boris@example.com viewer"]);
    expect(await members.find(installation.workspaceId, boris.uuid)).toEqual({
      ...{ userId: boris.id, userUuid: boris.uuid, email: "boris@example.com", name: null, role: "viewer" },
      ...{ joinedAt: world.now, lastSeenAt: world.now + 1 },
    });
    const other = await workspaces.create({ uuid: crypto.randomUUID(), name: "other", createdAt: START }, anna.id);
    expect(await members.find(other.id, boris.uuid)).toBeNull();
    expect(await users.get(anna.id)).toMatchObject({ uuid: anna.uuid });
  });

  test("a role is changed and a member removed only while he has the role that was judged by", async () => {
    const world = current();
    const { members } = world.store;
    const anna = await addMember(world, "anna@example.com", "viewer");
    expect(await members.changeRole(seen(world.store, anna, "editor"), "admin")).toBe("moved");
    expect(await members.changeRole(seen(world.store, anna, "viewer"), "admin")).toBe("done");
    expect(await members.remove(seen(world.store, anna, "viewer"))).toBe("moved");
    expect(await rolesLeft()).toEqual(["anna@example.com admin"]);
    expect(await members.remove(seen(world.store, anna, "admin"))).toBe("done");
    expect(await members.remove(seen(world.store, anna, "admin"))).toBe("moved");
    expect(await rolesLeft()).toEqual([]);
  });

  test("the last owner can neither be lowered nor removed", async () => {
    const world = current();
    const { members } = world.store;
    const anna = await addMember(world, "anna@example.com", "owner");
    await addMember(world, "boris@example.com", "admin");
    expect(await members.changeRole(seen(world.store, anna, "owner"), "admin")).toBe("last_owner");
    expect(await members.remove(seen(world.store, anna, "owner"))).toBe("last_owner");
    expect(await rolesLeft()).toEqual(["anna@example.com owner", "boris@example.com admin"]);
  });

  test("of all owners who go at once one stays", async () => {
    const world = current();
    const { members } = world.store;
    const owners: UserRecord[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) owners.push(await addMember(world, `${name}@example.com`, "owner"));
    const left = await Promise.all(
      owners.map((owner, i) => {
        const member = seen(world.store, owner, "owner");
        return i % 2 === 0 ? members.remove(member) : members.changeRole(member, "viewer");
      }),
    );
    expect(left.toSorted()).toEqual(["done", "done", "done", "done", "last_owner"]);
    expect((await rolesLeft()).filter((line) => line.endsWith("owner"))).toHaveLength(1);
  });

  test("an invitation is used once, also by two at once", async () => {
    const world = current();
    const { invitations, members, installation } = world.store;
    const people = await Promise.all(["a", "b", "c"].map((name) => addPerson(world, `${name}@example.com`)));
    const { hash } = await invite(world, "a@example.com", { role: "editor" });
    const told = await Promise.all(people.map(({ id: userId }) => invitations.accept({ hash, userId, now: START })));
    expect(told.toSorted()).toEqual(["accepted", "gone", "gone"]);
    expect(await members.list(installation.workspaceId)).toMatchObject([{ role: "editor" }]);
    expect(await invitations.findByHash(hash)).toMatchObject({ acceptedAt: START });
    expect(await invitations.listOpen(installation.workspaceId)).toEqual([]);
  });

  test("an invitation that was revoked, has expired or never was lets nobody in", async () => {
    const world = current();
    const { invitations, installation } = world.store;
    const { id: userId } = await addPerson(world, "anna@example.com");
    const revoked = await invite(world, "anna@example.com");
    const foreign = await invitations.revoke(installation.workspaceId + 1, revoked.uuid, START);
    expect(foreign).toBeNull();
    expect(await invitations.revoke(installation.workspaceId, revoked.uuid, START)).toMatchObject({ revokedAt: START });
    expect(await invitations.revoke(installation.workspaceId, revoked.uuid, START)).toBeNull();
    const expired = await invite(world, "anna@example.com", { expiresAt: START });
    expect(await invitations.listOpen(installation.workspaceId)).toEqual([expired]);
    for (const hash of [revoked.hash, expired.hash, "unknown"])
      expect(await invitations.accept({ hash, userId, now: START })).toBe("gone");
  });

  test("a member keeps his role when he accepts another invitation, and the invitation stays", async () => {
    const world = current();
    const { invitations } = world.store;
    const anna = await addMember(world, "anna@example.com", "admin");
    const { hash } = await invite(world, "anna@example.com", { role: "viewer" });
    expect(await invitations.accept({ hash, userId: anna.id, now: START })).toBe("member");
    expect(await invitations.findByHash(hash)).toMatchObject({ acceptedAt: null });
    expect(await rolesLeft()).toEqual(["anna@example.com admin"]);
  });

  test("the open invitations of whoever is lowered or removed are revoked, and nobody else's", async () => {
    const world = current();
    const { invitations, members, installation } = world.store;
    const anna = await addMember(world, "anna@example.com", "admin");
    const boris = await addMember(world, "boris@example.com", "admin");
    await invite(world, "friend@example.com", { invitedBy: anna.id });
    const kept = await invite(world, "colleague@example.com", { invitedBy: boris.id });
    await members.changeRole(seen(world.store, anna, "admin"), "editor");
    expect(await invitations.listOpen(installation.workspaceId)).toEqual([kept]);
    await members.changeRole(seen(world.store, boris, "admin"), "owner");
    expect(await invitations.listOpen(installation.workspaceId)).toEqual([kept]);
    await addMember(world, "vera@example.com", "owner");
    await members.remove(seen(world.store, boris, "owner"));
    expect(await invitations.listOpen(installation.workspaceId)).toEqual([]);
  });

  test("there is one setup code until somebody owns the workspace, whoever asks for it", async () => {
    const { setupCodes, installation } = current().store;
    const { workspaceId } = installation;
    const told = await Promise.all(["1", "2", "3"].map((hash) => setupCodes.ensure(newCode(hash), workspaceId)));
    expect(new Set(told.map((code) => code?.hash)).size).toBe(1);
    const hash = String(told[0]?.hash);
    expect(await setupCodes.ensure(newCode("4"), workspaceId)).toEqual(told[0] ?? null);
    expect([await setupCodes.isOpen(hash), await setupCodes.isOpen("4")]).toEqual([true, false]);
  });

  test("a setup code is used once, also by two at once, and makes an owner of whoever used it", async () => {
    const world = current();
    const { setupCodes, installation } = world.store;
    const { workspaceId } = installation;
    const anna = await addMember(world, "anna@example.com", "viewer");
    const boris = await addPerson(world, "boris@example.com");
    await setupCodes.ensure(newCode("code"), workspaceId);
    const use = ({ id: userId }: UserRecord) => setupCodes.use({ hash: "code", userId, workspaceId, now: START });
    expect((await Promise.all([use(anna), use(boris)])).toSorted()).toEqual([false, true]);
    expect((await rolesLeft()).filter((line) => line.endsWith("owner"))).toHaveLength(1);
    expect(await setupCodes.isOpen("code")).toBe(false);
    expect(await setupCodes.ensure(newCode("next"), workspaceId)).toBeNull();
  });

  test("another setup code ends the former one, also where there is an owner", async () => {
    const world = current();
    const { setupCodes, installation } = world.store;
    const { workspaceId } = installation;
    await addMember(world, "lost@example.com", "owner");
    const boris = await addPerson(world, "boris@example.com");
    await setupCodes.replace(newCode("first"), workspaceId);
    await setupCodes.replace(newCode("second"), workspaceId);
    expect(await setupCodes.ensure(newCode("third"), workspaceId)).toMatchObject({ hash: "second" });
    const use = (hash: string) => setupCodes.use({ hash, userId: boris.id, workspaceId, now: START });
    expect([await use("first"), await use("second")]).toEqual([false, true]);
    expect(await rolesLeft()).toEqual(["lost@example.com owner", "boris@example.com owner"]);
  });
}
