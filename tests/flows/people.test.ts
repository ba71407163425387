import { expect, test } from "bun:test";
import { type Answer, DAY, MINUTE, SECOND } from "../setup/gateway.ts";
import { type GatewayWithPeople, type SessionHeaders, startWithPeople } from "../setup/people.ts";

const says = ({ status, body }: Answer) => [status, body.code];
const UNKNOWN = "0192a3b4-0000-7000-8000-000000000000";

interface Told {
  readonly user_id: string;
  readonly role: string;
  readonly email: string;
}

const membersOf = async ({ request }: GatewayWithPeople, headers: SessionHeaders) =>
  (await request("GET", "/v1/members", { headers })).body.data as unknown as readonly Told[];

const idOf = async (gateway: GatewayWithPeople, headers: SessionHeaders) =>
  String((await gateway.request("GET", "/v1/me", { headers })).body.user_id);

const actionsOf = ({ sql }: GatewayWithPeople) =>
  sql<{ action: string; actor: string | null; target: string | null }>(
    "select action, actor_name as actor, target_name as target from audit_events order by id",
  );

test("whoever enters the setup code owns the first workspace, and the code is used up", async () => {
  const gateway = await startWithPeople();
  const { request, signIn } = gateway;
  const code = await gateway.gateway.setupCodes.current();
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  expect(await gateway.gateway.setupCodes.current()).toBe(code);
  const anna = signIn("Anna@Example.com");
  const none = await request("GET", "/v1/me", { headers: anna });
  expect(none.body).toMatchObject({ email: "anna@example.com", workspaces: [] });
  expect(says(await request("GET", "/v1/webhooks", { headers: anna }))).toEqual([403, "workspace_unknown"]);

  // As people write it.
  const body = { setup_code: ` ${code?.toLowerCase().replaceAll("-", " ")} `, workspace_name: "Магазин" };
  const made = await request("POST", "/v1/setup", { headers: anna, body });
  expect([made.status, made.body.name]).toEqual([200, "Магазин"]);
  const me = await request("GET", "/v1/me", { headers: anna });
  const workspace_id = made.body.workspace_id;
  expect(me.body.workspaces).toEqual([{ workspace_id, name: "Магазин", role: "owner" }]);
  expect((await request("GET", "/v1/webhooks", { headers: anna })).status).toBe(200);

  const again = await request("POST", "/v1/setup", { headers: signIn("boris@example.com"), body });
  expect(says(again)).toEqual([422, "setup_code_wrong"]);
  expect(await gateway.gateway.setupCodes.current()).toBeNull();
  expect((await actionsOf(gateway)).at(-1)).toEqual({
    ...{ action: "setup.completed", actor: "anna@example.com", target: "Магазин" },
  });
});

test("the setup code is readable in no table", async () => {
  const { gateway, sql } = await startWithPeople();
  const code = String(await gateway.setupCodes.current());
  const kept = JSON.stringify(await sql("select * from one_time_codes"));
  expect(kept).not.toContain(code);
  expect(kept).not.toContain(code.replaceAll("-", ""));
});

test("who tries one setup code after the other must wait, and nobody else", async () => {
  const { gateway, request, signIn, advance } = await startWithPeople();
  const code = await gateway.setupCodes.current();
  const guess = (email: string, setup_code: string | null) =>
    request("POST", "/v1/setup", { headers: signIn(email), body: { setup_code } });
  for (let i = 0; i < 10; i++)
    expect(says(await guess("mallory@example.com", `GUESS-${i}`))).toEqual([422, "setup_code_wrong"]);
  const held = await guess("mallory@example.com", code);
  expect(says(held)).toEqual([429, "setup_code_throttled"]);
  expect(held.headers.get("retry-after")).toBe("60");
  expect(says(await guess("vera@example.com", "WRONG"))).toEqual([422, "setup_code_wrong"]);
  advance(MINUTE);
  expect((await guess("mallory@example.com", code)).status).toBe(200);
});

test("the operator makes another setup code when all owners are lost; nobody else may", async () => {
  const gateway = await startWithPeople();
  const { request, operator, signIn, manage } = gateway;
  const owner = await gateway.person("owner");
  expect((await request("GET", "/v1/setup-code", { headers: operator })).body.setup_code).toBeNull();
  for (const method of ["GET", "POST"]) {
    expect(says(await request(method, "/v1/setup-code", { headers: owner }))).toEqual([403, "operator_only"]);
    expect(says(await manage(method, "/v1/setup-code"))).toEqual([403, "operator_only"]);
  }
  const made = await request("POST", "/v1/setup-code", { headers: operator });
  expect(made.status).toBe(201);
  expect((await request("GET", "/v1/setup-code", { headers: operator })).body).toEqual(made.body);
  const body = { setup_code: made.body.setup_code };
  expect((await request("POST", "/v1/setup", { headers: signIn("heir@example.com"), body })).status).toBe(200);
  expect((await membersOf(gateway, owner)).map(({ role }) => role)).toEqual(["owner", "owner"]);
});

test("an invitation is for its e-mail address alone, for seven days, and once", async () => {
  const gateway = await startWithPeople();
  const { request, signIn, advance } = gateway;
  const admin = await gateway.person("admin");
  const invite = async (email: string) =>
    (await request("POST", "/v1/invitations", { headers: admin, body: { email, role: "editor" } })).body;
  const accept = (headers: SessionHeaders, code: unknown) =>
    request("POST", "/v1/invitations/accept", { headers, body: { code } });
  const { code, expires_at, invitation_id } = await invite("Vera@Example.com");
  expect(expires_at).toBe("2026-11-30T12:00:00.000Z");
  const wrong = [422, "invitation_wrong"];
  expect(says(await accept(signIn("mallory@example.com"), code))).toEqual(wrong);
  expect(says(await accept(signIn("vera@example.com"), "guess"))).toEqual(wrong);
  const open = await request("GET", "/v1/invitations", { headers: admin });
  expect(open.body.data).toMatchObject([{ invitation_id, email: "vera@example.com", role: "editor" }]);
  expect(open.text).not.toContain(String(code));
  const joined = await accept(signIn("vera@example.com"), code);
  expect([joined.status, joined.body.role]).toEqual([200, "editor"]);
  expect(says(await accept(signIn("vera@example.com"), code))).toEqual(wrong);
  expect((await request("GET", "/v1/invitations", { headers: admin })).body.data).toEqual([]);

  const revoked = await invite("late@example.com");
  const path = `/v1/invitations/${revoked.invitation_id}`;
  expect((await request("DELETE", path, { headers: admin })).status).toBe(204);
  expect(says(await request("DELETE", path, { headers: admin }))).toEqual([404, "not_found"]);
  expect(says(await accept(signIn("late@example.com"), revoked.code))).toEqual(wrong);
  const expired = await invite("late@example.com");
  advance(7 * DAY);
  expect(says(await accept(signIn("late@example.com"), expired.code))).toEqual(wrong);
});

test("whoever belongs to the workspace already is not invited again", async () => {
  const gateway = await startWithPeople();
  const { request, operator } = gateway;
  await gateway.person("viewer");
  const body = { email: "VIEWER@example.com", role: "owner" };
  expect(says(await request("POST", "/v1/invitations", { headers: operator, body }))).toEqual([409, "already_member"]);
});

test("an address that is none is refused with what is wrong with it", async () => {
  const { request, operator } = await startWithPeople();
  const body = { email: "anna at example", role: "root" };
  const { status, body: told } = await request("POST", "/v1/invitations", { headers: operator, body });
  expect([status, told.errors.map(({ field, code }) => `${field} ${code}`)]).toEqual([
    422,
    ["email email_format", "role not_one_of"],
  ]);
});

test("an admin manages up to admins, owners are made and unmade by owners", async () => {
  const gateway = await startWithPeople();
  const { request } = gateway;
  const [owner, admin, viewer] = [
    await gateway.person("owner"),
    await gateway.person("admin"),
    await gateway.person("viewer"),
  ];
  const [ownerId, adminId, viewerId] = [
    await idOf(gateway, owner),
    await idOf(gateway, admin),
    await idOf(gateway, viewer),
  ];
  const set = (headers: SessionHeaders, id: string, role: string) =>
    request("PATCH", `/v1/members/${id}`, { headers, body: { role } });
  const forbidden = [403, "forbidden_role"];
  const invite = { email: "new@example.com", role: "owner" };
  expect(says(await request("POST", "/v1/invitations", { headers: admin, body: invite }))).toEqual(forbidden);
  expect(says(await set(admin, viewerId, "owner"))).toEqual(forbidden);
  expect(says(await set(admin, adminId, "owner"))).toEqual(forbidden);
  expect(says(await set(admin, ownerId, "viewer"))).toEqual(forbidden);
  expect(says(await request("DELETE", `/v1/members/${ownerId}`, { headers: admin }))).toEqual(forbidden);
  expect((await set(admin, viewerId, "admin")).body).toMatchObject({ user_id: viewerId, role: "admin" });
  expect((await set(owner, viewerId, "owner")).status).toBe(200);
  expect((await set(owner, viewerId, "viewer")).status).toBe(200);
  expect(says(await set(viewer, viewerId, "owner"))).toEqual(forbidden);
  expect(says(await set(owner, ownerId, "admin"))).toEqual([409, "last_owner"]);
  expect(says(await request("DELETE", `/v1/members/${ownerId}`, { headers: owner }))).toEqual([409, "last_owner"]);
  expect(says(await set(owner, UNKNOWN, "viewer"))).toEqual([404, "not_found"]);
});

test("a program that may manage counts as an admin", async () => {
  const gateway = await startWithPeople();
  const ownerId = await idOf(gateway, await gateway.person("owner"));
  const { manage } = gateway;
  expect(says(await manage("DELETE", `/v1/members/${ownerId}`))).toEqual([403, "forbidden_role"]);
  const asOwner = { email: "x@example.com", role: "owner" };
  expect(says(await manage("POST", "/v1/invitations", asOwner))).toEqual([403, "forbidden_role"]);
  expect((await manage("POST", "/v1/invitations", { ...asOwner, role: "admin" })).status).toBe(201);
});

test("whoever is removed or lowered may no more from the next request on, and his invitations lead nowhere", async () => {
  const gateway = await startWithPeople();
  const { request, signIn } = gateway;
  const [owner, admin] = [await gateway.person("owner"), await gateway.person("admin")];
  const back = await request("POST", "/v1/invitations", {
    headers: admin,
    body: { email: "back@example.com", role: "admin" },
  });
  const id = await idOf(gateway, admin);
  await request("PATCH", `/v1/members/${id}`, { headers: owner, body: { role: "viewer" } });
  expect(says(await request("GET", "/v1/api-keys", { headers: admin }))).toEqual([403, "forbidden_role"]);
  expect((await request("DELETE", `/v1/members/${id}`, { headers: owner })).status).toBe(204);
  expect(says(await request("GET", "/v1/webhooks", { headers: admin }))).toEqual([403, "workspace_unknown"]);
  const body = { code: back.body.code };
  const accepted = await request("POST", "/v1/invitations/accept", { headers: signIn("back@example.com"), body });
  expect(says(accepted)).toEqual([422, "invitation_wrong"]);
});

test("a removal by another gateway is seen within five seconds", async () => {
  const gateway = await startWithPeople();
  const { request, advance, clock } = gateway;
  const viewer = await gateway.person("viewer");
  expect((await request("GET", "/v1/webhooks", { headers: viewer })).status).toBe(200);
  const { members, installation } = gateway.gateway.store;
  const { workspaceId } = installation;
  const [member] = await members.list(workspaceId);
  // As another machine on the same database would do it.
  await members.remove({ workspaceId, userId: Number(member?.userId), from: "viewer", now: clock.now() });
  advance(5 * SECOND);
  expect(says(await request("GET", "/v1/webhooks", { headers: viewer }))).toEqual([403, "workspace_unknown"]);
});

test("anybody may leave but the last owner, and only a workspace of his", async () => {
  const gateway = await startWithPeople();
  const { request, signIn } = gateway;
  const [owner, viewer] = [await gateway.person("owner"), await gateway.person("viewer")];
  const workspaceId = (await request("GET", "/v1/workspace", { headers: owner })).body.workspace_id;
  const leave = (headers: SessionHeaders) => request("DELETE", `/v1/me/workspaces/${workspaceId}`, { headers });
  expect(says(await leave(signIn("stranger@example.com")))).toEqual([404, "not_found"]);
  expect((await leave(viewer)).status).toBe(204);
  expect(says(await leave(viewer))).toEqual([404, "not_found"]);
  expect(says(await leave(owner))).toEqual([409, "last_owner"]);
});

test("where one comes in by invitation, only owners make more workspaces", async () => {
  const gateway = await startWithPeople();
  const { request, signIn } = gateway;
  const create = (headers: SessionHeaders) => request("POST", "/v1/workspaces", { headers, body: { name: "Second" } });
  expect(says(await create(signIn("stranger@example.com")))).toEqual([403, "signup_closed"]);
  expect(says(await create(await gateway.person("admin")))).toEqual([403, "signup_closed"]);
  const owner = await gateway.person("owner");
  const made = await create(owner);
  expect(made.status).toBe(201);
  expect(says(await request("GET", "/v1/webhooks", { headers: owner }))).toEqual([400, "workspace_required"]);
  const headers = { ...owner, "x-workspace-id": made.body.workspace_id as string };
  expect((await request("GET", "/v1/workspace", { headers })).body).toEqual(made.body);
});

test("where anybody may come in, everybody makes a workspace of his own and may rename it", async () => {
  const { request, signIn, manage } = await startWithPeople({ env: { SIGN_UP: "open" } });
  const headers = signIn("stranger@example.com");
  const body = { name: "Mine" };
  expect((await request("POST", "/v1/workspaces", { headers, body })).status).toBe(201);
  const renamed = await request("PATCH", "/v1/workspace", { headers, body: { name: "Ours" } });
  expect([renamed.status, renamed.body.name]).toEqual([200, "Ours"]);
  const me = await request("GET", "/v1/me", { headers });
  expect(me.body.workspaces).toMatchObject([{ name: "Ours", role: "owner" }]);
  expect(says(await manage("PATCH", "/v1/workspace", { name: "Theirs" }))).toEqual([403, "person_required"]);
});

test("every change of people and keys stands in the audit, by whom and of whom, without any code", async () => {
  const gateway = await startWithPeople();
  const { request, sql } = gateway;
  const owner = await gateway.person("owner", { email: "anna@example.com" });
  const viewer = await gateway.person("viewer", { email: "vera@example.com" });
  const id = await idOf(gateway, viewer);
  await request("PATCH", `/v1/members/${id}`, { headers: owner, body: { role: "editor" } });
  await request("PATCH", "/v1/workspace", { headers: owner, body: { name: "Shop" } });
  const made = await request("POST", "/v1/api-keys", { headers: owner, body: { name: "CRM", scopes: ["read"] } });
  await request("DELETE", `/v1/api-keys/${made.body.api_key_id}`, { headers: owner });
  await request("DELETE", `/v1/members/${id}`, { headers: owner });
  const acts = (await actionsOf(gateway)).map(({ action, actor, target }) => `${actor}: ${action} ${target}`);
  expect(acts).toEqual([
    "null: api_key.created test",
    "null: invitation.created anna@example.com",
    "anna@example.com: invitation.accepted anna@example.com",
    "null: invitation.created vera@example.com",
    "vera@example.com: invitation.accepted vera@example.com",
    "anna@example.com: member.role_changed vera@example.com",
    "anna@example.com: workspace.changed Shop",
    "anna@example.com: api_key.created CRM",
    "anna@example.com: api_key.revoked CRM",
    "anna@example.com: member.removed vera@example.com",
  ]);
  expect(JSON.stringify(await sql("select * from audit_events"))).not.toContain(made.body.key);
});

test("a key that a program makes may do no more than the program's own", async () => {
  const { manage, request } = await startWithPeople();
  const narrow = (await manage("POST", "/v1/api-keys", { name: "narrow", scopes: ["manage"] })).body.key;
  const make = (scopes?: readonly string[]) =>
    request("POST", "/v1/api-keys", {
      headers: { authorization: `Bearer ${narrow}` },
      body: { name: "child", ...(scopes && { scopes }) },
    });
  expect(says(await make(["manage", "read"]))).toEqual([403, "forbidden_scope"]);
  expect((await make()).body.scopes).toEqual(["manage"]);
});
