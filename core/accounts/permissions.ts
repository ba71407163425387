import { isAtLeast } from "../store/port/members.ts";
import type { ApiKeyScope, Role } from "../store/store.ts";

/**
 * What a route asks of its caller. `read`: see everything but secrets. `intake`: send
 * conversions to any source, in place of its own secret. `edit`: webhooks, counters, goals, replays, cancelling.
 * `administer`: members up to admins, invitations, API keys, Yandex accounts, the audit. `own`: owners, the workspace itself.
 * `install`: what concerns the whole installation, such as its OAuth application; only of the first workspace. `operate`: only the
 * operator, since it lets whoever may do it become an owner.
 */
export type Permission = "read" | "intake" | "edit" | "administer" | "own" | "install" | "operate";

/** Who has a permission beside the operator. */
export interface Grant {
  /** The least role; null: none. */
  readonly role: Role | null;
  /** The scope of an API key; null: no key may stand in. */
  readonly scope: ApiKeyScope | null;
}

/** Who has each permission. */
export const permissions = {
  read: { role: "viewer", scope: "read" },
  intake: { role: "editor", scope: "intake" },
  edit: { role: "editor", scope: "manage" },
  administer: { role: "admin", scope: "manage" },
  own: { role: "owner", scope: null },
  install: { role: "admin", scope: "manage" },
  operate: { role: null, scope: null },
} as const satisfies Record<Permission, Grant>;

/** Whether a role has a permission. */
export function roleMay(role: Role, permission: Permission): boolean {
  const least = permissions[permission].role;
  return least !== null && isAtLeast(role, least);
}
