import * as v from "valibot";

const email = v.pipe(v.string(), v.maxLength(1000));
const password = v.pipe(v.string(), v.maxLength(4096));
const name = v.nullish(v.pipe(v.string(), v.trim(), v.maxLength(200)));
const code = v.nullish(v.pipe(v.string(), v.trim(), v.maxLength(500)));

// supabase-js sends more than is used here (captcha tokens, PKCE challenges): it is let pass.

/** `POST /signup` */
export const SignUpBody = v.object({
  email,
  password,
  data: v.nullish(v.object({ name, setup_code: code, invitation_code: code })),
});

/** `POST /token?grant_type=password` */
export const PasswordGrant = v.object({ email, password });

/** `POST /token?grant_type=refresh_token` */
export const RefreshGrant = v.object({ refresh_token: v.pipe(v.string(), v.maxLength(500)) });

/** `PUT /user` */
export const UserChange = v.object({
  email: v.nullish(email),
  password: v.nullish(password),
  current_password: v.nullish(password),
  data: v.nullish(v.object({ name })),
});

/** `POST /recover` */
export const RecoverBody = v.object({ email });

/** `POST /verify`: the code of a recovery link. */
export const VerifyBody = v.object({
  type: v.literal("recovery"),
  token_hash: v.pipe(v.string(), v.maxLength(500)),
});
