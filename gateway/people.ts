import { createAdmission } from "../core/accounts/admission.ts";
import { createMemberships, type Memberships } from "../core/accounts/memberships.ts";
import { createSetupCodes, type SetupCodes } from "../core/accounts/setup-code.ts";
import { createAudit } from "../core/audit/audit.ts";
import type { Fetch } from "../core/metrika/http.ts";
import { LOCAL_ISSUER } from "../core/store/port/members.ts";
import type { Store } from "../core/store/store.ts";
import type { Vault } from "../core/vault/vault.ts";
import { type ApiKeys, createApiKeys } from "./auth/api-keys.ts";
import { type AuditOf, createAuditOf } from "./auth/audit-of.ts";
import { type Access, createAccess } from "./auth/authorize.ts";
import { createPeople } from "./auth/people.ts";
import { createSupabaseSessions } from "./auth/supabase-sessions.ts";
import type { Config } from "./config.ts";
import { createEmbeddedIdentity, type EmbeddedIdentity } from "./identity/embedded-identity.ts";

/** Who calls, what they may, and what is written down of it. */
export interface PeopleParts {
  readonly access: Access;
  readonly apiKeys: ApiKeys;
  readonly memberships: Memberships;
  readonly setupCodes: SetupCodes;
  readonly audit: AuditOf;
  /** Null where a Supabase project signs people in. */
  readonly identity: EmbeddedIdentity | null;
}

/**
 * Puts together what judges callers: people, whom a Supabase project signs in or the gateway itself, programs, and the operator.
 * @param given in place of the machine's own fetch
 */
export function wirePeople(
  config: Config,
  given: Fetch | undefined,
  parts: {
    readonly store: Store;
    readonly vault: Vault;
    readonly operatorToken: string;
    readonly now: () => number;
    readonly newUuid: () => string;
  },
): PeopleParts {
  const { store, vault, now, newUuid } = parts;
  const { signUp, supabaseUrl, supabasePublishableKey: publishableKey } = config;
  const firstWorkspaceId = store.installation.workspaceId;
  const apiKeys = createApiKeys(store.apiKeys, now);
  const memberships = createMemberships(store.members, now);
  const setupCodes = createSetupCodes({ store, vault, memberships, firstWorkspaceId, now, newUuid });
  const audit = createAudit(store.audit, newUuid, now);
  const auditOf = createAuditOf(audit);
  const admission = createAdmission({
    ...{ store, memberships, setupCodes, firstWorkspaceId, audit, signUp, now, newUuid },
  });
  const identity =
    supabaseUrl === null
      ? createEmbeddedIdentity({ config, store, vault, admission, audit: auditOf, now, newUuid })
      : null;
  const sessions =
    identity?.sessions ??
    createSupabaseSessions({
      url: supabaseUrl ?? "",
      publishableKey: publishableKey ?? "",
      fetch: given ?? fetch,
      now,
    });
  const people = createPeople({ sessions, issuer: supabaseUrl ?? LOCAL_ISSUER, users: store.users, now, newUuid });
  const access = createAccess({
    ...{ apiKeys, people, memberships, workspaces: store.workspaces, firstWorkspaceId },
    operatorToken: parts.operatorToken,
  });
  store.shared?.onChange(({ of, id }) => {
    if (of === "api_keys") apiKeys.forget();
    if (of === "members") memberships.forget(Number(id));
  });
  return { access, apiKeys, memberships, setupCodes, audit: auditOf, identity };
}
