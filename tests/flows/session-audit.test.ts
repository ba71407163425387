import { expect, test } from "bun:test";
import { anna, type IdentityGateway, startIdentityGateway } from "../setup/identity.ts";

const eventsOf = ({ sql }: IdentityGateway) =>
  sql<{ action: string; actor: string | null; target: string | null; address: string; workspace: number | null }>(
    `select action, actor_name as actor, target_name as target, address, workspace_id as workspace
     from audit_events where target_kind in ('user', 'session') order by id`,
  );

test("who signs up, in and out, and who fails to, is written down with the address", async () => {
  const gateway = await startIdentityGateway();
  const device = gateway.device({ address: "203.0.113.9" });
  await device.auth.signUp({ ...anna, options: { data: { name: "Anna" } } });
  await device.auth.signInWithPassword({ ...anna, password: "not the password" });
  await device.auth.signInWithPassword({ email: "Stranger@Example.com", password: "not the password" });
  await device.auth.signInWithPassword(anna);
  await device.auth.updateUser({ data: { name: "Анна" } });
  await device.auth.updateUser({ data: { name: "Анна" } });
  await device.auth.updateUser({ password: "another horse battery" });
  await device.auth.signOut({ scope: "local" });
  const told = { target: anna.email, address: "203.0.113.9", workspace: null };
  const own = { ...told, actor: anna.email };
  expect(await eventsOf(gateway)).toEqual([
    { action: "user.created", ...own },
    { action: "session.sign_in_failed", ...told, actor: null },
    { action: "session.sign_in_failed", ...told, actor: null, target: "s***@example.com" },
    { action: "session.signed_in", ...own },
    { action: "user.changed", ...own },
    { action: "session.password_changed", ...own },
    { action: "session.signed_out", ...own },
  ]);
});

test("a used refresh token that comes back later is written down as what it may be: a theft", async () => {
  const gateway = await startIdentityGateway();
  const { data } = await gateway.device().auth.signUp(anna);
  const refresh = (refresh_token: string | undefined) =>
    gateway.ask("POST", "/token?grant_type=refresh_token", { refresh_token });
  await refresh(data.session?.refresh_token);
  gateway.advance(60_000);
  expect((await refresh(data.session?.refresh_token)).status).toBe(400);
  const last = (await gateway.sql("select action, target_id, before, after from audit_events order by id")).at(-1);
  expect(last).toEqual({ action: "session.token_reused", target_id: expect.any(String), before: null, after: null });
});

test("no event of a sign-in holds a password, a token or a code", async () => {
  const gateway = await startIdentityGateway();
  const device = gateway.device();
  const { data } = await device.auth.signUp(anna);
  await device.auth.signInWithPassword({ email: `x@${anna.password.replaceAll(" ", ".")}`, password: anna.password });
  const again = await device.auth.signInWithPassword(anna);
  await device.auth.updateUser({ password: "another horse battery" });
  await device.auth.signOut();
  const kept = JSON.stringify(await gateway.sql("select * from audit_events"));
  const secrets = [data.session, again.data.session].flatMap((s) => [s?.access_token, s?.refresh_token]);
  for (const secret of [anna.password, "another horse battery", ...secrets]) {
    expect(secret).toBeString();
    expect(kept).not.toContain(String(secret));
  }
});
