import type { Acceptance, Role } from "../store.ts";
import { addMember } from "./members.ts";
import { statement, type Work } from "./work.ts";

const memberBy = statement<{ found: number }, [hash: string, userId: number]>(
  `select 1 as found from members join invitations on invitations.workspace_id = members.workspace_id
   where invitations.hash = ?1 and members.user_id = ?2`,
);
const useInvitation = statement<{ workspace_id: number; role: Role }, [hash: string, userId: number, now: number]>(
  `update invitations set accepted_at = ?3, accepted_by = ?2
   where hash = ?1 and accepted_at is null and revoked_at is null and expires_at > ?3 returning workspace_id, role`,
);

/** See `InvitationStore.accept`. */
export function* acceptInvitation({ hash, userId, now }: Acceptance): Work<"accepted" | "gone" | "member"> {
  if (yield* memberBy.get(hash, userId)) return "member";
  const used = yield* useInvitation.get(hash, userId, now);
  if (used === null) return "gone";
  yield* addMember.send(used.workspace_id, userId, used.role, now);
  return "accepted";
}
