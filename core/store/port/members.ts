/** What a member may do, least first. */
export const roles = ["viewer", "editor", "admin", "owner"] as const;
/** One of {@link roles}. */
export type Role = (typeof roles)[number];
