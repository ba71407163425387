import type { Permission } from "../../core/accounts/permissions.ts";
import { permissions } from "../../core/accounts/permissions.ts";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { ProblemCode } from "../../core/plugin/problem-catalogue.ts";
import { isAtLeast, roles } from "../../core/store/port/members.ts";
import type { ApiKeyScope, Role } from "../../core/store/store.ts";
import type { Asked } from "../../gateway/auth/guarded.ts";
import { connectAccount } from "./connected-account.ts";
import { sale } from "./gateway.ts";
import type { GatewayWithPeople } from "./people.ts";

type Headers = Readonly<Record<string, string>>;

/** A workspace whose things and people a test makes. */
export interface Place {
  readonly gateway: GatewayWithPeople;
  readonly name: string;
  readonly workspaceId: string;
  readonly isFirst: boolean;
  /** Of the operator, who may do everything here. */
  readonly headers: Headers;
  /** What was made once. */
  readonly made: Map<string, Promise<string>>;
}

/** A workspace of a gateway. */
export async function placeOf(gateway: GatewayWithPeople, workspaceId: string | null): Promise<Place> {
  const headers = { ...gateway.operator, ...(workspaceId !== null && { "x-workspace-id": workspaceId }) };
  const { workspace_id } = (await gateway.request("GET", "/v1/workspace", { headers })).body;
  const isFirst = workspaceId === null;
  const name = isFirst ? "here" : "there";
  return { gateway, name, workspaceId: String(workspace_id), isFirst, headers, made: new Map() };
}

/** Makes something in a place by a request, and tells the member of the answer that names it. */
async function make(place: Place, path: string, body: unknown, member: string): Promise<string> {
  const answer = await place.gateway.request("POST", path, { headers: place.headers, body });
  const id = answer.body[member];
  if (typeof id !== "string") throw new Error(`POST ${path} did not answer ${member}: ${answer.text}`);
  return id;
}

const newWebhook = { name: "CRM", counter_id: demo.counterId, token: demo.token };

/** A batch of one row, sent and settled. */
const settledBatch = once("batch", async ({ gateway, headers }) => {
  const made = await gateway.request("POST", "/webhook/offline-conversions", { headers, body: newWebhook });
  const { webhook_id: id, secret, url } = made.body;
  const path = `/webhook/offline-conversions/${id}`;
  const { body } = await gateway.post({ id, secret, url, path }, [sale(0)]);
  await gateway.settle();
  return body.batch_id;
});

/** A source of a CRM that has kept a request, and that request. */
async function sourceWithIntake({ gateway, headers }: Place) {
  const config = { proof: { by: "header" }, mapping: { by: "expression", expression: "body" } };
  const body = { plugin: "custom-webhook", ...newWebhook, config };
  const made = await gateway.request("POST", "/v1/sources", { headers, body });
  const { source_id, secret } = made.body;
  const sent = { headers: { "x-webhook-secret": secret }, body: sale(0) };
  const kept = await gateway.request("POST", `/sources/custom-webhook/${source_id}`, sent);
  if (kept.status !== 200) throw new Error(`The request was not kept: ${kept.text}`);
  return { source_id: String(source_id), intake_id: String(kept.body.intake_id) };
}

/** A source, whose raw intake is the one that `intake_id` tells from then on. */
async function newSource(place: Place): Promise<string> {
  const made = sourceWithIntake(place);
  place.made.set(
    "intake",
    made.then(({ intake_id }) => intake_id),
  );
  place.made.set(
    "run",
    made.then(({ source_id }) => newRun(place, source_id)),
  );
  return (await made).source_id;
}

/** A run that waits. None is asked for over HTTP, since no bundled plugin does anything by the clock. */
async function newRun({ gateway }: Place, sourceId: string): Promise<string> {
  const { runs, sources } = gateway.gateway.store;
  const source = await sources.findByUuid(sourceId);
  const [uuid, now] = [crypto.randomUUID(), gateway.clock.now()];
  await runs.create({ uuid, sourceId: source?.id ?? 0, kind: "manual", input: {}, dueAt: now, now });
  return uuid;
}

/** The member of a settled batch's row that names something. */
const ofRow = (member: string) => async (place: Place) => {
  const batch = await settledBatch(place);
  const rows = await place.gateway.request("GET", `/v1/batches/${batch}/rows`, { headers: place.headers });
  return String(rows.body.data[0]?.[member]);
};

/** A Yandex account that is connected in the place. */
async function newAccount({ gateway, workspaceId }: Place): Promise<string> {
  const workspace = await gateway.gateway.store.workspaces.findByUuid(workspaceId);
  // Another one each time, since a workspace has an account of Yandex once.
  const login = crypto.randomUUID();
  gateway.simulator.addToken(login, { login });
  const account = await connectAccount(gateway, { login, token: login, workspaceId: workspace?.id ?? 0 });
  return account.uuid;
}

/** A counter that is attached in the place. */
async function newCounter(place: Place): Promise<string> {
  const { gateway, headers } = place;
  const account_id = await newAccount(place);
  const ownerLogin = (await gateway.gateway.store.accounts.findByUuid(account_id))?.login ?? "";
  const { id: counter_id } = gateway.simulator.addCounter({ name: "Shop", ownerLogin });
  const attached = await gateway.request("POST", "/v1/counters", { headers, body: { account_id, counter_id } });
  if (attached.status !== 201) throw new Error(`The counter was not attached: ${attached.text}`);
  return String(counter_id);
}

/** Somebody new, who is a member of the place. */
async function newMember({ gateway, workspaceId }: Place): Promise<string> {
  const member = await gateway.person("viewer", { email: `${crypto.randomUUID()}@example.com`, workspaceId });
  return String((await gateway.request("GET", "/v1/me", { headers: member })).body.user_id);
}

/**
 * What a parameter of this name can name in a workspace. Whatever a request may take away is made anew each time. A route with a
 * parameter of another name needs a line here.
 */
export const examples: Readonly<Record<string, (place: Place) => Promise<string>>> = {
  webhook_id: (place) => make(place, "/webhook/offline-conversions", newWebhook, "webhook_id"),
  source_id: newSource,
  intake_id: async (place) => (await place.made.get("intake")) ?? (await sourceWithIntake(place)).intake_id,
  run_id: async (place) => (await place.made.get("run")) ?? newRun(place, (await sourceWithIntake(place)).source_id),
  plugin_name: async () => "webhook-offline",
  batch_id: settledBatch,
  conversion_id: ofRow("conversion_id"),
  upload_id: ofRow("upload_id"),
  replay_id: once("replay", (place) => make(place, "/v1/replays", { reason: "failed" }, "replay_id")),
  api_key_id: (place) => make(place, "/v1/api-keys", { name: "example" }, "api_key_id"),
  user_id: newMember,
  invitation_id: (place) =>
    make(place, "/v1/invitations", { email: "invited@example.com", role: "viewer" }, "invitation_id"),
  workspace_id: async ({ workspaceId }) => workspaceId,
  account_id: newAccount,
  counter_id: newCounter,
};

/** Names of what every workspace has alike. */
export const shared: ReadonlySet<string> = new Set(["plugin_name"]);

/** What no workspace has. */
export const unknownOf = (name: string): string =>
  name === "counter_id" ? "2147483646" : "0192a3b4-0000-7000-8000-000000000000";

function once(key: string, makeIt: (place: Place) => Promise<string>) {
  return (place: Place): Promise<string> => {
    const made = place.made.get(key) ?? makeIt(place);
    place.made.set(key, made);
    return made;
  };
}

/** Somebody who calls, and what he is to the gateway. */
export interface Caller {
  readonly name: string;
  readonly headers: Headers;
  /** Where he belongs; null: nowhere that counts. */
  readonly place: Place | null;
  /** Why an operation refuses him whatever it is about; null: it does not. */
  refusal(asked: Asked): ProblemCode | null;
}

/** Callers who belong to no workspace that they name. */
export function strangers(here: Place, there: Place): Promise<readonly Caller[]> {
  const { gateway } = here;
  const lost = (asked: Asked) => (asked === "signed_in" ? null : "workspace_unknown");
  const of = (name: string, headers: Headers, refusal: Caller["refusal"]) => ({ name, headers, place: null, refusal });
  const operator = (asked: Asked) => (asked === "signed_in" ? "person_required" : null);
  return Promise.all([
    of("nobody", {}, () => "unauthorized"),
    of("a session that was ended", gateway.ended(), () => "session_invalid"),
    of("a session that has expired", gateway.expired(), () => "session_expired"),
    of("a person without a workspace", gateway.signIn("new@example.com"), lost),
    gateway
      .person("owner", { email: "outsider@example.com", workspaceId: there.workspaceId })
      .then((owner) =>
        of("an owner who names another workspace", { ...owner, "x-workspace-id": here.workspaceId }, lost),
      ),
    { ...of("the operator", here.headers, operator), place: here },
  ]);
}

/** Callers of each role and scope in a place. */
export async function membersAndKeys(place: Place): Promise<readonly Caller[]> {
  const { gateway, name, workspaceId, isFirst } = place;
  const inFirst = (asked: Asked) => (asked === "install" && !isFirst ? "forbidden_installation" : null);
  const members = roles.map(async (role): Promise<Caller> => {
    const headers = await gateway.person(role, { email: `${role}-${name}@example.com`, workspaceId });
    const refusal = (asked: Asked) => (asked === "signed_in" ? null : (roleRefusal(role, asked) ?? inFirst(asked)));
    return { name: `${role} ${name}`, headers, place, refusal };
  });
  const keys = (["intake", "read", "manage"] as const).map(async (scope): Promise<Caller> => {
    const key = await make(place, "/v1/api-keys", { name: scope, scopes: [scope] }, "key");
    const refusal = (asked: Asked) =>
      asked === "signed_in" ? "person_required" : (scopeRefusal(scope, asked) ?? inFirst(asked));
    return { name: `a key to ${scope} ${name}`, headers: { authorization: `Bearer ${key}` }, place, refusal };
  });
  return Promise.all([...members, ...keys]);
}

function roleRefusal(role: Role, permission: Permission): ProblemCode | null {
  const { role: least } = permissions[permission];
  if (least === null) return "operator_only";
  return isAtLeast(role, least) ? null : "forbidden_role";
}

function scopeRefusal(own: ApiKeyScope, permission: Permission): ProblemCode | null {
  const { scope, role } = permissions[permission];
  if (scope === null) return role === null ? "operator_only" : "person_required";
  return scope === own ? null : "forbidden_scope";
}
