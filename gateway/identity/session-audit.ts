import type { Context } from "hono";
import { IdentityError } from "../../core/identity/identity-error.ts";
import type { IssuedSession } from "../../core/identity/sessions.ts";
import type { Actor, LocalUserStore, UserRecord } from "../../core/store/store.ts";
import { maskEmail } from "../../core/vault/mask.ts";
import type { AuditOf, ToldAct } from "../auth/audit-of.ts";
import { actorOf } from "../auth/authorize.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";

/** A person as the audit names him. */
export const userTarget = ({ uuid, email }: UserRecord) => ({ kind: "user", id: uuid, name: email });

/** Whoever has not proven yet who he is. */
const SOMEBODY: Actor = { kind: "user", id: null, name: null };

/** Writes down who signs in and out, and who fails to. A session belongs to no workspace, so its events are the installation's. */
export interface SessionAudit {
  /** A person did something about his own sessions. */
  own(c: Context<GatewayEnv>, user: UserRecord, act: Omit<ToldAct, "target">): Promise<void>;
  /** Lets an attempt to sign in through, and writes down how it ended. */
  attempt(c: Context<GatewayEnv>, email: string, signingIn: Promise<IssuedSession>): Promise<IssuedSession>;
  /** Lets a refresh through, and writes down when the session ended by it. */
  refresh(c: Context<GatewayEnv>, refreshing: Promise<IssuedSession>): Promise<IssuedSession>;
}

/** Makes it of the audit. */
export function createSessionAudit(audit: AuditOf, users: Pick<LocalUserStore, "findByEmail">): SessionAudit {
  const tell = (c: Context<GatewayEnv>, actor: Actor, act: ToldAct) => audit(c, { actor, workspaceId: null }, act);

  const own: SessionAudit["own"] = (c, user, act) => tell(c, actorOf(user), { ...act, target: userTarget(user) });

  /** An unknown address is written down as well, masked: otherwise the time that writing takes would tell it from a known one. */
  async function failed(c: Context<GatewayEnv>, given: string): Promise<void> {
    const email = given.trim().normalize("NFC").toLowerCase();
    const user = await users.findByEmail(email);
    const target = user === null ? { kind: "user", id: null, name: maskEmail(email) } : userTarget(user);
    await tell(c, SOMEBODY, { action: "session.sign_in_failed", target });
  }

  return {
    own,
    async attempt(c, email, signingIn) {
      const session = await signingIn.catch(async (error: unknown) => {
        if (isRefusal(error, "invalid_credentials")) await failed(c, email);
        throw error;
      });
      await own(c, session.user, { action: "session.signed_in", after: { by: "password" } });
      return session;
    },
    refresh: (c, refreshing) =>
      refreshing.catch(async (error: unknown) => {
        if (isRefusal(error, "refresh_token_already_used")) {
          const target = { kind: "session", id: String(error.params.session), name: null };
          await tell(c, SOMEBODY, { action: "session.token_reused", target });
        }
        throw error;
      }),
  };
}

const isRefusal = (error: unknown, code: IdentityError["code"]): error is IdentityError =>
  error instanceof IdentityError && error.code === code;
