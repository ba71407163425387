import type { Context } from "hono";
import type { Memberships } from "../../core/accounts/memberships.ts";
import { type Permission, permissions, roleMay } from "../../core/accounts/permissions.ts";
import { OPERATOR } from "../../core/audit/audit.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import type { Actor, ApiKeyScope, Membership, Role, UserRecord, WorkspaceStore } from "../../core/store/store.ts";
import { hashSecret, secretMatches } from "../../core/vault/secrets.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";
import type { ApiKeys } from "./api-keys.ts";
import type { Guarded } from "./guarded.ts";
import type { People } from "./people.ts";

/** Who calls a management route, and in which workspace. */
export interface Principal {
  readonly workspaceId: number;
  readonly actor: Actor;
  /** Null of a program and of the operator. */
  readonly role: Role | null;
  /** Null of a program and of the operator. */
  readonly person: UserRecord | null;
  /** What a program's key may be used for; null of a person and of the operator. */
  readonly scopes: readonly ApiKeyScope[] | null;
}

/** Finds out who calls and whether he may. */
export interface Access {
  /** @throws {ProblemError} one of `accessProblems` */
  authorize(c: Context<GatewayEnv>, route: Guarded): Promise<Principal>;
  /**
   * Of a route that concerns no workspace.
   * @throws {ProblemError} one of `sessionProblems`
   */
  signedIn(c: Context<GatewayEnv>): Promise<UserRecord>;
}

/** What access is judged by. */
export interface AccessDeps {
  readonly apiKeys: ApiKeys;
  readonly people: People;
  readonly memberships: Memberships;
  readonly workspaces: WorkspaceStore;
  /** The workspace made at first start, whose admins care for the installation. */
  readonly firstWorkspaceId: number;
  /** A secret of this run, known to whoever can read the data folder; it may do everything. */
  readonly operatorToken: string;
}

const WORKSPACE_HEADER = "x-workspace-id";

/** Makes the access control of one process. */
export function createAccess(deps: AccessDeps): Access {
  const operatorHash = [hashSecret(deps.operatorToken)];

  function presentedBy(c: Context<GatewayEnv>): string {
    const presented = /^Bearer\s+(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (presented === undefined) throw new ProblemError("unauthorized");
    return presented;
  }

  async function operator(workspaceUuid: string | undefined): Promise<Principal> {
    const of = workspaceUuid === undefined ? null : await deps.workspaces.findByUuid(workspaceUuid);
    if (workspaceUuid !== undefined && of === null) throw new ProblemError("workspace_unknown");
    return { workspaceId: of?.id ?? deps.firstWorkspaceId, actor: OPERATOR, role: null, person: null, scopes: null };
  }

  async function program(presented: string, permission: Permission): Promise<Principal> {
    const key = await deps.apiKeys.verify(presented);
    const { scope } = permissions[permission];
    if (scope === null) throw new ProblemError(permission === "operate" ? "operator_only" : "person_required");
    if (!key.scopes.includes(scope)) throw new ProblemError("forbidden_scope", { scope });
    const actor = { kind: "api_key", id: key.uuid, name: key.name } as const;
    return { workspaceId: key.workspaceId, actor, role: null, person: null, scopes: key.scopes };
  }

  async function member(presented: string, permission: Permission, workspaceUuid: string | undefined) {
    const person = await deps.people.verify(presented);
    const { workspaceId, role } = chosen(await deps.memberships.ofUser(person.id), workspaceUuid);
    const needed = permissions[permission].role;
    if (needed === null) throw new ProblemError("operator_only");
    if (!roleMay(role, permission)) throw new ProblemError("forbidden_role", { needed, role });
    return { workspaceId, actor: actorOf(person), role, person, scopes: null };
  }

  async function whoever(c: Context<GatewayEnv>, permission: Permission): Promise<Principal> {
    const presented = presentedBy(c);
    const workspaceUuid = c.req.header(WORKSPACE_HEADER);
    if (secretMatches(presented, operatorHash)) return operator(workspaceUuid);
    return looksLikeToken(presented)
      ? await member(presented, permission, workspaceUuid)
      : await program(presented, permission);
  }

  return {
    async authorize(c, route) {
      const permission = route["x-permission"];
      if (permission === "signed_in") throw new Error("A route for whoever is signed in asks signedIn().");
      const principal = await whoever(c, permission);
      const isElsewhere = principal.actor.kind !== "operator" && principal.workspaceId !== deps.firstWorkspaceId;
      if (permission === "install" && isElsewhere) throw new ProblemError("forbidden_installation");
      return principal;
    },
    async signedIn(c) {
      const presented = presentedBy(c);
      if (!looksLikeToken(presented)) throw new ProblemError("person_required");
      return await deps.people.verify(presented);
    },
  };
}

/** A person as the audit names him. */
export const actorOf = ({ uuid, email }: UserRecord): Actor => ({ kind: "user", id: uuid, name: email });

/** The role that a caller's acts are measured by: the operator counts as an owner, and a program that may manage as an admin. */
export const rankOf = ({ actor, role }: Principal): Role => role ?? (actor.kind === "operator" ? "owner" : "admin");

/** A JSON Web Token has three parts; neither API keys nor the operator's token have a dot. */
const looksLikeToken = (presented: string): boolean => presented.includes(".");

/** A foreign workspace and one that does not exist are refused in the same words. */
function chosen(memberships: readonly Membership[], uuid: string | undefined): Membership {
  if (uuid === undefined && memberships.length > 1) throw new ProblemError("workspace_required");
  const found = uuid === undefined ? memberships[0] : memberships.find((one) => one.workspaceUuid === uuid);
  if (found === undefined) throw new ProblemError("workspace_unknown");
  return found;
}
