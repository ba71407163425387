import { getLogger } from "@logtape/logtape";
import type { Admission } from "../../core/identity/admission.ts";
import { createIdentity, type Identity } from "../../core/identity/identity.ts";
import { createPasswords } from "../../core/identity/passwords.ts";
import type { Store } from "../../core/store/store.ts";
import type { Vault } from "../../core/vault/vault.ts";
import type { AuditOf } from "../auth/audit-of.ts";
import type { SessionVerifier } from "../auth/session-verifier.ts";
import type { Config } from "../config.ts";
import type { createRouter } from "../http/app-defaults.ts";
import { AUTH_PATH, authRoutes } from "./auth-routes.ts";
import { createEmbeddedSessions } from "./embedded-sessions.ts";
import { createMailer } from "./mailer.ts";
import { RECOVERY_PATH, recoveryPageRoutes } from "./recovery-page.ts";
import { createSessionAudit } from "./session-audit.ts";

/** What signing people in is made of. */
export interface EmbeddedIdentityDeps {
  readonly config: Config;
  readonly store: Store;
  readonly vault: Vault;
  readonly admission: Admission;
  readonly audit: AuditOf;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** Signing people in, as the gateway has it where no Supabase project does it. */
export interface EmbeddedIdentity {
  readonly identity: Identity;
  readonly sessions: SessionVerifier;
  readonly routes: readonly ReturnType<typeof createRouter>[];
  /** Waits for letters under way. */
  close(): Promise<void>;
}

/** Puts it together, where no Supabase project signs people in. */
export function createEmbeddedIdentity(deps: EmbeddedIdentityDeps): EmbeddedIdentity {
  const { config, store } = deps;
  const log = getLogger(["metrika-gateway", "identity"]);
  const mailer = createMailer(config);
  const identity = createIdentity({
    ...deps,
    store: store.identity,
    passwords: createPasswords(),
    issuer: `${config.publicUrl}${AUTH_PATH}`,
    recoveryPage: `${config.publicUrl}${RECOVERY_PATH}`,
    sendMail: mailer,
    onMailFailed: (error) => log.error("A letter with a recovery link could not be sent: {error}", { error }),
  });
  store.shared?.onChange(({ of, id }) => {
    if (of === "sessions") identity.forget(id);
  });
  return {
    identity,
    sessions: createEmbeddedSessions(identity),
    routes: [
      authRoutes({
        identity,
        audit: createSessionAudit(deps.audit, store.identity.users),
        publicUrl: config.publicUrl,
      }),
      recoveryPageRoutes(),
    ],
    close: () => identity.recovery.settled(),
  };
}
