import { ACCESS_TOKEN_SECONDS, AUDIENCE } from "../../core/identity/access-tokens.ts";
import type { IssuedSession } from "../../core/identity/sessions.ts";
import { iso } from "../../core/plugin/answers.ts";
import type { UserRecord } from "../../core/store/store.ts";

/** A person in the shape of Supabase Auth. https://supabase.com/docs/guides/auth/users#the-user-object */
export function userAnswer(user: UserRecord) {
  const createdAt = iso(user.createdAt);
  const lastSignInAt = user.lastSeenAt === null ? {} : { last_sign_in_at: iso(user.lastSeenAt) };
  return {
    id: user.uuid,
    aud: AUDIENCE,
    role: AUDIENCE,
    email: user.email,
    // Nobody is asked to confirm his address: who may come in is decided by setup codes and invitations.
    email_confirmed_at: createdAt,
    confirmed_at: createdAt,
    phone: "",
    ...lastSignInAt,
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: { name: user.name },
    identities: [],
    created_at: createdAt,
    updated_at: iso(user.updatedAt),
    is_anonymous: false,
  };
}

/** A session in the shape of Supabase Auth. https://supabase.com/docs/guides/auth/sessions */
export function sessionAnswer({ user, accessToken, refreshToken, expiresAt }: IssuedSession) {
  return {
    access_token: accessToken,
    token_type: "bearer",
    expires_in: ACCESS_TOKEN_SECONDS,
    expires_at: expiresAt / 1000,
    refresh_token: refreshToken,
    user: userAnswer(user),
  };
}
