import { expect, test } from "bun:test";
import { DAY, HOUR, SECOND } from "../setup/gateway.ts";
import { anna, startIdentityGateway } from "../setup/identity.ts";

test("a session is refreshed with a new token each time", async () => {
  const { device, advance } = await startIdentityGateway();
  const laptop = device();
  const first = (await laptop.auth.signUp(anna)).data.session;
  advance(HOUR);
  const { data, error } = await laptop.auth.refreshSession();
  expect(error).toBeNull();
  expect(data.session?.refresh_token).not.toBe(first?.refresh_token);
  expect(data.session?.access_token).not.toBe(first?.access_token);
  expect((await laptop.auth.getUser()).error).toBeNull();
});

test("a used refresh token that comes back after ten seconds ends the session for everybody who holds it", async () => {
  const { device, advance, ask } = await startIdentityGateway();
  const laptop = device();
  const stolen = (await laptop.auth.signUp(anna)).data.session?.refresh_token ?? "";
  await laptop.auth.refreshSession();
  advance(11 * SECOND);
  const { error } = await device().auth.refreshSession({ refresh_token: stolen });
  expect(error).toMatchObject({ code: "refresh_token_already_used", status: 400 });
  expect((await laptop.auth.getUser()).error).toMatchObject({ name: "AuthSessionMissingError" });
  const again = await ask("POST", "/token?grant_type=refresh_token", { refresh_token: stolen });
  expect(await again.json()).toMatchObject({ error_code: "refresh_token_not_found" });
});

test("a refresh whose answer was lost is tried again and gives the very same token", async () => {
  const { device, advance } = await startIdentityGateway();
  const token = (await device().auth.signUp(anna)).data.session?.refresh_token ?? "";
  const lost = (await device().auth.refreshSession({ refresh_token: token })).data.session;
  advance(9 * SECOND);
  const { data, error } = await device().auth.refreshSession({ refresh_token: token });
  expect(error).toBeNull();
  expect(data.session?.refresh_token).toBe(lost?.refresh_token ?? "");
  advance(HOUR);
  expect((await device().auth.refreshSession({ refresh_token: lost?.refresh_token ?? "" })).error).toBeNull();
});

test("two tabs that refresh at once both go on, also when one of them is a step ahead", async () => {
  const { device, advance } = await startIdentityGateway();
  const token = (await device().auth.signUp(anna)).data.session?.refresh_token ?? "";
  const refresh = async (refresh_token: string) => {
    const { data, error } = await device().auth.refreshSession({ refresh_token });
    expect(error).toBeNull();
    return data.session?.refresh_token ?? "";
  };
  const [one, other] = await Promise.all([refresh(token), refresh(token)]);
  expect(one).toBe(other);
  const ahead = await refresh(one);
  expect(await refresh(token)).toBe(ahead);
  advance(HOUR);
  expect(await refresh(ahead)).not.toBe(ahead);
});

test("a session that nobody refreshed for thirty days is over", async () => {
  const { device, advance } = await startIdentityGateway();
  const laptop = device();
  await laptop.auth.signUp(anna);
  advance(30 * DAY);
  expect((await laptop.auth.refreshSession()).error).toMatchObject({ code: "refresh_token_not_found" });
});

test("signing out ends this session, the others or all of them, as was asked", async () => {
  const { device } = await startIdentityGateway();
  const [laptop, phone, tablet] = [device(), device(), device()];
  await laptop.auth.signUp(anna);
  await phone.auth.signInWithPassword(anna);
  await tablet.auth.signInWithPassword(anna);
  const held = async (client: typeof laptop) => (await client.auth.getSession()).data.session?.access_token ?? "";
  const tokens = await Promise.all([laptop, phone, tablet].map(held));
  const living = async () => {
    const answers = await Promise.all(tokens.map((token) => device().auth.getUser(token)));
    return answers.map(({ error }) => error === null);
  };
  expect(await living()).toEqual([true, true, true]);
  expect((await tablet.auth.signOut({ scope: "local" })).error).toBeNull();
  expect(await living()).toEqual([true, true, false]);
  expect((await laptop.auth.signOut({ scope: "others" })).error).toBeNull();
  expect(await living()).toEqual([true, false, false]);
  expect((await laptop.auth.signOut()).error).toBeNull();
  expect(await living()).toEqual([false, false, false]);
});

test("a session's token opens the management routes, as far as its person belongs anywhere, until it ends", async () => {
  const { device, request } = await startIdentityGateway();
  const laptop = device();
  const token = (await laptop.auth.signUp(anna)).data.session?.access_token ?? "";
  const ask = async (bearer: string) =>
    (await request("GET", "/v1/api-keys", { headers: { authorization: `Bearer ${bearer}` } })).body.code;
  // The list of a workspace of one's own.
  expect(await ask(token)).toBeUndefined();
  expect(await ask(`${token}x`)).toBe("session_invalid");
  await laptop.auth.signOut();
  expect(await ask(token)).toBe("session_invalid");
});
