import { and, eq } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import type { MemberStore, Membership, UserRecord, UserStore, WorkspaceRecord, WorkspaceStore } from "../store.ts";
import { first } from "./first.ts";

/** People. */
export function userQueries({ db, tables: { users } }: Drizzle): UserStore {
  return {
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
export function memberQueries({ db, tables: { members, workspaces } }: Drizzle): MemberStore {
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
  };
}

/** Tenants. */
export function workspaceQueries({ db, tables: { workspaces } }: Drizzle): WorkspaceStore {
  return {
    async findByUuid(uuid) {
      return first(await db.select().from(workspaces).where(eq(workspaces.uuid, uuid))) as WorkspaceRecord | null;
    },
  };
}
