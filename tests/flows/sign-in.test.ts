import { expect, test } from "bun:test";
import { startTestGateway } from "../setup/gateway.ts";
import { anna, startIdentityGateway } from "../setup/identity.ts";

test("who signs up is signed in at once, under the name he gave", async () => {
  const { device } = await startIdentityGateway();
  const { data, error } = await device().auth.signUp({ ...anna, options: { data: { name: "Anna" } } });
  expect(error).toBeNull();
  expect(data.user).toMatchObject({ email: anna.email, aud: "authenticated", user_metadata: { name: "Anna" } });
  expect(data.session).toMatchObject({ token_type: "bearer", expires_in: 3600, refresh_token: expect.any(String) });
});

test("who signed up signs in elsewhere, whatever the case and spaces of his address", async () => {
  const { device } = await startIdentityGateway();
  await device().auth.signUp(anna);
  const phone = device();
  const { data, error } = await phone.auth.signInWithPassword({ ...anna, email: " Anna@Example.com " });
  expect(error).toBeNull();
  expect(data.user?.email).toBe(anna.email);
  expect((await phone.auth.getUser()).data.user).toMatchObject({ id: data.user?.id, email: anna.email });
});

test("supabase-js verifies the claims by the published keys", async () => {
  const { device, config } = await startIdentityGateway();
  const laptop = device();
  const { data } = await laptop.auth.signUp(anna);
  const { data: verified, error } = await laptop.auth.getClaims();
  expect(error).toBeNull();
  expect(verified?.header).toMatchObject({ alg: "ES256" });
  expect(verified?.claims).toMatchObject({
    iss: `${config.publicUrl}/auth/v1`,
    aud: "authenticated",
    role: "authenticated",
    sub: data.user?.id,
    email: anna.email,
    is_anonymous: false,
    session_id: expect.any(String),
  });
});

test("a wrong password and an unknown address are refused in the same words", async () => {
  const { device, ask } = await startIdentityGateway();
  await device().auth.signUp(anna);
  const wrong = { ...anna, password: "wrong horse battery" };
  const { error } = await device().auth.signInWithPassword(wrong);
  expect(error).toMatchObject({ code: "invalid_credentials", status: 400 });
  const refused = await ask("POST", "/token?grant_type=password", wrong);
  const unknown = await ask("POST", "/token?grant_type=password", { ...wrong, email: "nobody@example.com" });
  expect([unknown.status, await unknown.json()]).toEqual([refused.status, await refused.json()]);
});

test("an address signs up once", async () => {
  const { device } = await startIdentityGateway();
  await device().auth.signUp(anna);
  const { error } = await device().auth.signUp({ ...anna, email: "ANNA@example.com" });
  expect(error).toMatchObject({ code: "user_already_exists", status: 422 });
});

test("passwords that are short, common or the address itself are refused with the mend", async () => {
  const { device } = await startIdentityGateway();
  const refusal = async (password: string, language: "ru" | "en" = "en") =>
    (await device({ language }).auth.signUp({ email: anna.email, password })).error;
  expect(await refusal("123456789")).toMatchObject({
    ...{ code: "weak_password", reasons: ["length"], message: expect.stringContaining("at least 10 characters") },
  });
  expect(await refusal("Qwertyuiop")).toMatchObject({ code: "weak_password", reasons: ["pwned"] });
  expect(await refusal(anna.email, "ru")).toMatchObject({
    ...{ code: "weak_password", message: "Пароль совпадает с почтой. Придумайте другой." },
  });
  expect(await refusal("длинный".repeat(50))).toMatchObject({ code: "weak_password", reasons: ["length"] });
});

test("a password is right in whichever Unicode form a keyboard sends it", async () => {
  const { device } = await startIdentityGateway();
  await device().auth.signUp({ ...anna, password: "cafe\u0301 au lait" });
  const { error } = await device().auth.signInWithPassword({ ...anna, password: "caf\u00e9 au lait" });
  expect(error).toBeNull();
});

test("without an admission nobody signs up", async () => {
  const { request } = await startTestGateway();
  const { status, body } = await request("POST", "/auth/v1/signup", {
    body: anna,
    headers: { "accept-language": "en" },
  });
  expect(status).toBe(403);
  expect(body).toMatchObject({ code: 403, error_code: "signup_disabled", msg: expect.stringContaining("invitation") });
});

test("where a Supabase project signs people in, the gateway does not", async () => {
  const { request } = await startIdentityGateway({
    env: { SUPABASE_URL: "https://project.supabase.co", SUPABASE_PUBLISHABLE_KEY: "sb_publishable_1" },
  });
  expect((await request("GET", "/auth/v1/settings")).status).toBe(404);
});

test("faults of a body name the field, its problem and never a password", async () => {
  const { ask } = await startIdentityGateway();
  const answer = async (body: unknown, path = "/token?grant_type=password") => {
    const response = await ask("POST", path, body);
    return [response.status, await response.json()];
  };
  expect(await answer({ password: anna.password })).toMatchObject([
    422,
    { error_code: "validation_failed", msg: expect.stringContaining('"email"') },
  ]);
  const wrongType = await answer({ email: anna.email, password: { secret: anna.password } });
  expect(wrongType).toMatchObject([422, { error_code: "validation_failed" }]);
  expect(JSON.stringify(wrongType)).not.toContain(anna.password);
  expect(await answer({ ...anna, email: "anna" })).toMatchObject([400, { error_code: "email_address_invalid" }]);
  expect(await answer(anna, "/token?grant_type=magic")).toMatchObject([422, { error_code: "validation_failed" }]);
});
