import { and, eq } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { changeRole, createWorkspace, remove } from "../sql/members.ts";
import type { Driver } from "../sql/work.ts";
import type {
  MemberRecord,
  MemberStore,
  Membership,
  UserRecord,
  UserStore,
  WorkspaceRecord,
  WorkspaceStore,
} from "../store.ts";
import { first } from "./first.ts";

/** People. */
export function userQueries({ db, tables: { users } }: Drizzle): UserStore {
  return {
    async get(id) {
      return first(await db.select().from(users).where(eq(users.id, id))) as UserRecord | null;
    },
    async find(issuer, subject) {
      const known = and(eq(users.issuer, issuer), eq(users.subject, subject));
      return first(await db.select().from(users).where(known)) as UserRecord | null;
    },
    async remember(user) {
      const { email, name, createdAt: now } = user;
      const told = db
        .insert(users)
        .values({ ...user, updatedAt: now })
        .onConflictDoUpdate({ target: [users.issuer, users.subject], set: { email, name, updatedAt: now } });
      return first(await told.returning()) as UserRecord;
    },
    async recordSeen(id, now) {
      await db.update(users).set({ lastSeenAt: now }).where(eq(users.id, id));
    },
  };
}

/** Who belongs to which workspace. */
export function memberQueries({ db, tables: { members, users, workspaces } }: Drizzle, driver: Driver): MemberStore {
  const seen = {
    userId: users.id,
    userUuid: users.uuid,
    email: users.email,
    name: users.name,
    role: members.role,
    joinedAt: members.createdAt,
    lastSeenAt: users.lastSeenAt,
  };
  return {
    async ofUser(userId) {
      const found = await db
        .select({
          workspaceId: workspaces.id,
          workspaceUuid: workspaces.uuid,
          workspaceName: workspaces.name,
          role: members.role,
        })
        .from(members)
        .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
        .where(eq(members.userId, userId))
        .orderBy(workspaces.id);
      return found as Membership[];
    },
    async list(workspaceId) {
      const found = db.select(seen).from(members).innerJoin(users, eq(users.id, members.userId));
      const inOrder = found.where(eq(members.workspaceId, workspaceId)).orderBy(members.createdAt, members.userId);
      return (await inOrder) as MemberRecord[];
    },
    async find(workspaceId, userUuid) {
      const found = db.select(seen).from(members).innerJoin(users, eq(users.id, members.userId));
      const one = found.where(and(eq(members.workspaceId, workspaceId), eq(users.uuid, userUuid)));
      return first(await one) as MemberRecord | null;
    },
    changeRole: (member, to) => driver.beside(() => changeRole(member, to)),
    remove: (member) => driver.beside(() => remove(member)),
  };
}

/** Tenants. */
export function workspaceQueries({ db, tables: { workspaces } }: Drizzle, driver: Driver): WorkspaceStore {
  return {
    async findByUuid(uuid) {
      return first(await db.select().from(workspaces).where(eq(workspaces.uuid, uuid))) as WorkspaceRecord | null;
    },
    async get(id) {
      return first(await db.select().from(workspaces).where(eq(workspaces.id, id))) as WorkspaceRecord | null;
    },
    create: (workspace, ownerId) => driver.beside(() => createWorkspace(workspace, ownerId)),
    async rename(id, name) {
      await db.update(workspaces).set({ name }).where(eq(workspaces.id, id));
    },
  };
}
