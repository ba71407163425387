import * as v from "valibot";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";
import { roles } from "../../core/store/port/members.ts";
import type { InvitationRecord, MemberRecord, WorkspaceRecord } from "../../core/store/store.ts";

/** A role, least first. */
export const Role = v.picklist(roles);

/** What a workspace may be called. */
export const WorkspaceName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));

/** A workspace as answers show it. */
export const Workspace = v.pipe(
  v.object({ workspace_id: v.string(), name: v.string(), created_at: v.string() }),
  component("Workspace"),
);

/** A member as answers show him. */
export const Member = v.pipe(
  v.object({
    user_id: v.string(),
    email: v.string(),
    name: v.nullable(v.string()),
    role: Role,
    joined_at: v.string(),
    last_seen_at: v.nullable(v.string()),
  }),
  component("Member"),
);

/** An invitation as answers show it, without its code. */
export const Invitation = v.pipe(
  v.object({
    invitation_id: v.string(),
    email: v.string(),
    role: Role,
    created_at: v.string(),
    expires_at: v.string(),
  }),
  component("Invitation"),
);

/** See {@link Workspace}. */
export const workspaceAnswer = ({ uuid, name, createdAt }: WorkspaceRecord) => ({
  workspace_id: uuid,
  name,
  created_at: iso(createdAt),
});

/** See {@link Member}. */
export const memberAnswer = ({ userUuid, email, name, role, joinedAt, lastSeenAt }: MemberRecord) => ({
  user_id: userUuid,
  email,
  name,
  role,
  joined_at: iso(joinedAt),
  last_seen_at: isoOrNull(lastSeenAt),
});

/** See {@link Invitation}. */
export const invitationAnswer = ({ uuid, email, role, createdAt, expiresAt }: InvitationRecord) => ({
  invitation_id: uuid,
  email,
  role,
  created_at: iso(createdAt),
  expires_at: iso(expiresAt),
});

/** A workspace as the audit names it. */
export const workspaceTarget = ({ uuid, name }: WorkspaceRecord) => ({ kind: "workspace", id: uuid, name });

/** A member as the audit names him. */
export const memberTarget = ({ userUuid, email }: MemberRecord) => ({ kind: "member", id: userUuid, name: email });

/** An invitation as the audit names it. */
export const invitationTarget = ({ uuid, email }: InvitationRecord) => ({ kind: "invitation", id: uuid, name: email });
