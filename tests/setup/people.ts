import { expect } from "bun:test";
import type { Role } from "../../core/store/store.ts";
import { createFakeSupabase, type FakeSupabase } from "./fake-supabase.ts";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./gateway.ts";

/** What a signed-in person sends with each request. */
export interface SessionHeaders extends Readonly<Record<string, string>> {
  readonly authorization: string;
}

/** A gateway whose people a Supabase project in this process signs in. */
export interface GatewayWithPeople extends TestGateway {
  readonly supabase: FakeSupabase;
  readonly operator: SessionHeaders;
  /** Signs in whoever has this address; the same person each time. */
  signIn(email: string): SessionHeaders;
  /** A session that was ended, as the project tells of tokens with its shared secret; others are good until they expire. */
  ended(): SessionHeaders;
  /** A session whose token has expired. */
  expired(): SessionHeaders;
  /** Signs somebody in who has a role, by default in the first workspace; his address is the role's unless another is given. */
  person(role: Role, given?: { readonly email?: string; readonly workspaceId?: string }): Promise<SessionHeaders>;
  /** Makes another workspace with an owner of its own. */
  otherWorkspace(ownerEmail?: string): Promise<{ readonly workspaceId: string; readonly owner: SessionHeaders }>;
}

const bearer = (token: string): SessionHeaders => ({ authorization: `Bearer ${token}` });

/** Starts a gateway with Supabase beside it; see {@link startTestGateway}. */
export async function startWithPeople(options: TestGatewayOptions = {}): Promise<GatewayWithPeople> {
  let now = () => 0;
  const supabase = createFakeSupabase({ now: () => now() });
  const gateway = await startTestGateway({
    ...options,
    env: { SUPABASE_URL: supabase.url, SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey, ...options.env },
    network: (through) => {
      const onward = options.network?.(through) ?? through;
      return (url, init) => (String(url).startsWith(supabase.url) ? supabase.fetch(url, init) : onward(url, init));
    },
  });
  now = gateway.clock.now;
  const known = new Map<string, { readonly sub: string; readonly session_id: string }>();

  function signIn(email: string): SessionHeaders {
    const person = known.get(email) ?? { sub: crypto.randomUUID(), session_id: crypto.randomUUID() };
    known.set(email, person);
    return bearer(supabase.sign({ ...person, email, user_metadata: {} }));
  }

  const operator = () => bearer(gateway.gateway.operatorToken);

  async function person(
    role: Role,
    { email = `${role}@example.com`, workspaceId }: { readonly email?: string; readonly workspaceId?: string } = {},
  ): Promise<SessionHeaders> {
    const headers = { ...operator(), ...(workspaceId !== undefined && { "x-workspace-id": workspaceId }) };
    const invited = await gateway.request("POST", "/v1/invitations", { headers, body: { email, role } });
    expect(invited.status).toBe(201);
    const session = signIn(email);
    const body = { code: invited.body.code };
    const joined = await gateway.request("POST", "/v1/invitations/accept", { headers: session, body });
    expect(joined.status).toBe(200);
    return session;
  }

  async function otherWorkspace(ownerEmail = "stranger@example.com") {
    const owner = signIn(ownerEmail);
    const me = await gateway.request("GET", "/v1/me", { headers: owner });
    const { users, workspaces } = gateway.gateway.store;
    const user = await users.find(supabase.url, String(known.get(ownerEmail)?.sub));
    if (me.status !== 200 || user === null) throw new Error(`${ownerEmail} could not sign in.`);
    const workspace = { uuid: Bun.randomUUIDv7(), name: "other", createdAt: now() };
    await workspaces.create(workspace, user.id);
    // What the gateway keeps of him in memory ends after five seconds.
    gateway.advance(5000);
    return { workspaceId: workspace.uuid, owner };
  }

  return {
    ...gateway,
    get gateway() {
      return gateway.gateway;
    },
    get operator() {
      return operator();
    },
    ...{ supabase, signIn, person, otherWorkspace },
    ended() {
      const session_id = crypto.randomUUID();
      supabase.end(session_id);
      return bearer(supabase.signWithSecret({ session_id }));
    },
    expired: () => bearer(supabase.sign({ exp: Math.floor(now() / 1000) - 3600 })),
  };
}
