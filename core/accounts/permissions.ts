import { isAtLeast } from "../store/port/members.ts";
import type { ApiKeyScope, Role } from "../store/store.ts";

/**
 * What a route asks of its caller. `read`: see everything but secrets. `edit`: webhooks, counters, goals, replays, cancelling.
 * `administer`: members up to admins, invitations, API keys, Yandex accounts, the audit. `own`: owners, the workspace itself.
 * `install`: what concerns the whole installation, such as its OAuth application; only of the first workspace.
 */
export type Permission = "read" | "edit" | "administer" | "own" | "install";

/** The least role that has a permission, and the scope of an API key that has it; no key may stand in for an owner. */
export const permissions: Readonly<Record<Permission, { readonly role: Role; readonly scope: ApiKeyScope | null }>> = {
  read: { role: "viewer", scope: "read" },
  edit: { role: "editor", scope: "manage" },
  administer: { role: "admin", scope: "manage" },
  own: { role: "owner", scope: null },
  install: { role: "admin", scope: "manage" },
};

/** Whether a role has a permission. */
export const roleMay = (role: Role, permission: Permission): boolean => isAtLeast(role, permissions[permission].role);
