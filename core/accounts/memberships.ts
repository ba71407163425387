import type { MemberStore, Membership } from "../store/store.ts";

/** The workspaces of people, kept in memory for a moment. */
export interface Memberships {
  ofUser(userId: number): Promise<readonly Membership[]>;
  /** Something about the person was changed: read it again. */
  forget(userId: number): void;
}

/** How long a change made by another gateway may stay unseen where it cannot be told. */
const KEPT_MS = 5000;
const MOST_KEPT = 10_000;

/** Makes the memberships of one process. */
export function createMemberships(members: Pick<MemberStore, "ofUser">, now: () => number): Memberships {
  const known = new Map<number, { readonly of: readonly Membership[]; readonly until: number }>();
  let changes = 0;
  return {
    async ofUser(userId) {
      const kept = known.get(userId);
      if (kept && kept.until > now()) return kept.of;
      const before = changes;
      const until = now() + KEPT_MS;
      const of = await members.ofUser(userId);
      if (known.size >= MOST_KEPT) known.clear();
      // What was read before a change must not be remembered after it.
      if (changes === before) known.set(userId, { of, until });
      return of;
    },
    forget(userId) {
      changes++;
      known.delete(userId);
    },
  };
}
