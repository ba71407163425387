import { and, desc, eq, isNull } from "drizzle-orm";
import type { Drizzle } from "../dialect.ts";
import { acceptInvitation } from "../sql/invitations.ts";
import type { Driver } from "../sql/work.ts";
import type { InvitationRecord, InvitationStore } from "../store.ts";
import { first } from "./first.ts";

/** Invitations. */
export function invitationQueries({ db, tables: { invitations } }: Drizzle, driver: Driver): InvitationStore {
  const isOpen = and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt));
  const inWorkspace = (workspaceId: number) => and(eq(invitations.workspaceId, workspaceId), isOpen);
  return {
    async create(invitation) {
      return first(await db.insert(invitations).values(invitation).returning()) as InvitationRecord;
    },
    async listOpen(workspaceId) {
      const found = db.select().from(invitations).where(inWorkspace(workspaceId)).orderBy(desc(invitations.id));
      return (await found) as InvitationRecord[];
    },
    async findByHash(hash) {
      return first(await db.select().from(invitations).where(eq(invitations.hash, hash))) as InvitationRecord | null;
    },
    async revoke(workspaceId, uuid, now) {
      const one = and(inWorkspace(workspaceId), eq(invitations.uuid, uuid));
      const revoked = db.update(invitations).set({ revokedAt: now }).where(one).returning();
      return first(await revoked) as InvitationRecord | null;
    },
    accept: (acceptance) => driver.beside(() => acceptInvitation(acceptance)),
  };
}
