import type { Context } from "hono";
import { changedFields } from "../../core/audit/changed-fields.ts";
import type { Client } from "../../core/identity/client-network.ts";
import type { Identity, SignedIn } from "../../core/identity/identity.ts";
import { IdentityError } from "../../core/identity/identity-error.ts";
import { quoteValue } from "../../core/language.ts";
import packageJson from "../../package.json" with { type: "json" };
import { clientOf as addressOf, createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { fieldFault, invalidFields } from "../http/field-faults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { sessionAnswer, userAnswer } from "./answers.ts";
import { PasswordGrant, RecoverBody, RefreshGrant, SignUpBody, UserChange, VerifyBody } from "./bodies.ts";
import { refusalResponse } from "./refusals.ts";
import type { SessionAudit } from "./session-audit.ts";

/** Where the identity service stands below the gateway's address: where supabase-js looks for it. */
export const AUTH_PATH = "/auth/v1";

/** Bodies here are some hundred bytes. */
const LIMITS = { maxBytes: 65_536, timeoutMs: 10_000 };

/** What the routes work with. */
export interface AuthRouteDeps {
  readonly identity: Identity;
  readonly audit: SessionAudit;
  readonly publicUrl: string;
}

const emailIsFixed = {
  field: "email",
  code: "not_changeable",
  sentence: {
    ru: "Почту сменить нельзя: по ней вас узнают. Попросите владельца пригласить новый адрес.",
    en: "The e-mail address cannot be changed: you are known by it. Ask the owner to invite the new one.",
  },
  params: {},
};

/**
 * The part of Supabase Auth's HTTP interface that supabase-js uses to sign people in by password.
 * https://github.com/supabase/auth/blob/master/openapi.yaml
 */
export function authRoutes({ identity, audit, publicUrl }: AuthRouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter().basePath(AUTH_PATH);
  router.onError((error, c) => refusalResponse(error, { language: languageOf(c), requestId: c.env.requestId }));

  const bodyOf = (c: Context<GatewayEnv>) => readJson(c.req.raw, LIMITS);

  const clientOf = (c: Context<GatewayEnv>): Client => ({
    address: addressOf(c),
    userAgent: c.req.header("user-agent") ?? null,
  });

  /** @throws {IdentityError} `no_authorization`, `session_not_found` @throws {TokenError} */
  async function signedIn(c: Context<GatewayEnv>): Promise<SignedIn> {
    const token = /^Bearer\s+(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (token === undefined) throw new IdentityError("no_authorization");
    const found = await identity.signedIn(token);
    if (found === null) throw new IdentityError("session_not_found");
    return found;
  }

  router.post("/signup", async (c) => {
    const { email, password, data } = parseBody(SignUpBody, await bodyOf(c));
    const given = {
      ...{ email, password, name: data?.name || null },
      ...{ setupCode: data?.setup_code || null, invitationCode: data?.invitation_code || null },
    };
    const session = await identity.signUp(given, clientOf(c));
    await audit.own(c, session.user, { action: "user.created" });
    return c.json(sessionAnswer(session));
  });

  router.post("/token", async (c) => {
    const grant = c.req.query("grant_type");
    const body = await bodyOf(c);
    if (grant === "password") {
      const given = parseBody(PasswordGrant, body);
      return c.json(sessionAnswer(await audit.attempt(c, given.email, identity.signIn(given, clientOf(c)))));
    }
    if (grant === "refresh_token") {
      const { refresh_token: refreshToken } = parseBody(RefreshGrant, body);
      return c.json(sessionAnswer(await audit.refresh(c, identity.refresh(refreshToken))));
    }
    throw notOneOf("grant_type", "password, refresh_token", grant);
  });

  router.get("/user", async (c) => c.json(userAnswer((await signedIn(c)).user)));

  router.put("/user", async (c) => {
    const owned = await signedIn(c);
    const { email, password, current_password, data } = parseBody(UserChange, await bodyOf(c));
    if (email != null && email.trim().toLowerCase() !== owned.user.email) throw invalidFields([emailIsFixed]);
    if (password != null) {
      const change = { password, currentPassword: current_password ?? null };
      await identity.changePassword(owned, change, clientOf(c));
      await audit.own(c, owned.user, { action: "session.password_changed" });
    }
    if (data?.name !== undefined) {
      const { name: before } = owned.user;
      const after = data.name || null;
      await identity.rename(owned, after);
      const changed = changedFields({ name: before }, { name: after });
      if (changed !== null) await audit.own(c, owned.user, { action: "user.changed", ...changed });
    }
    return c.json(userAnswer((await signedIn(c)).user));
  });

  router.post("/logout", async (c) => {
    const { user, session } = await signedIn(c);
    const scope = c.req.query("scope") ?? "global";
    if (scope !== "global" && scope !== "local" && scope !== "others")
      throw notOneOf("scope", "global, local, others", scope);
    const only = scope === "local" ? session.uuid : null;
    const except = scope === "others" ? session.uuid : null;
    const ended = await identity.end({ userId: user.id, only, except });
    await audit.own(c, user, { action: "session.signed_out", after: { scope, ended: ended.length } });
    return c.body(null, 204);
  });

  router.post("/recover", async (c) => {
    const { email } = parseBody(RecoverBody, await bodyOf(c));
    const page = pageOf(c.req.query("redirect_to"), publicUrl);
    await identity.recovery.request({ email, language: languageOf(c), page }, clientOf(c));
    return c.json({});
  });

  router.post("/verify", async (c) => {
    const { token_hash: code } = parseBody(VerifyBody, await bodyOf(c));
    const session = await identity.recovery.redeem(code, clientOf(c));
    await audit.own(c, session.user, { action: "session.signed_in", after: { by: "recovery_link" } });
    return c.json(sessionAnswer(session));
  });

  router.get("/.well-known/jwks.json", async (c) => {
    c.header("cache-control", "public, max-age=60");
    return c.json({ keys: await identity.publishedKeys() });
  });

  router.get("/settings", (c) =>
    c.json({
      external: { email: true, phone: false, anonymous_users: false },
      ...{ disable_signup: false, mailer_autoconfirm: true, phone_autoconfirm: false, saml_enabled: false },
    }),
  );

  router.get("/health", (c) =>
    c.json({ name: packageJson.name, version: packageJson.version, description: "Signs people in by password" }),
  );

  return router;
}

function notOneOf(field: string, allowed: string, given: string | undefined) {
  return invalidFields([fieldFault(field, "not_one_of", { allowed, received: quoteValue(given ?? "") })]);
}

/** The page that a link may lead to: one of the gateway's own, else a stranger could have his linked in our letters. */
function pageOf(given: string | undefined, publicUrl: string): string | null {
  const url = given === undefined ? null : URL.parse(given);
  if (url === null || url.origin !== new URL(publicUrl).origin) return null;
  url.hash = "";
  return url.href;
}
