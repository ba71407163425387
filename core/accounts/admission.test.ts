import { expect, test } from "bun:test";
import { createAudit } from "../audit/audit.ts";
import { ProblemError } from "../plugin/problem.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import type { Role } from "../store/store.ts";
import { createVault } from "../vault/vault.ts";
import { createAdmission } from "./admission.ts";
import { invite } from "./invitations.ts";
import { createMemberships } from "./memberships.ts";
import { createSetupCodes } from "./setup-code.ts";
import type { SignUp } from "./workspaces.ts";

const START = Date.parse("2026-11-23T12:00:00Z");

/** An installation without people, and somebody who signs up. */
function start(signUp: SignUp = "invitation") {
  const now = () => START;
  const newUuid = () => Bun.randomUUIDv7();
  const store = openSqliteStore(":memory:", {
    ...{ uuid: crypto.randomUUID(), workspaceUuid: newUuid(), vaultCheck: "canary", now: START },
  });
  const vault = createVault(crypto.getRandomValues(new Uint8Array(32)));
  const memberships = createMemberships(store.members, now);
  const firstWorkspaceId = store.installation.workspaceId;
  const common = { store, memberships, firstWorkspaceId, now, newUuid };
  const setupCodes = createSetupCodes({ ...common, vault });
  const audit = createAudit(store.audit, newUuid, now);
  const admission = createAdmission({ ...common, setupCodes, signUp, audit });

  async function signUpAs(
    email: string,
    codes: { readonly setupCode?: string; readonly invitationCode?: string } = {},
  ) {
    const { welcome } = await admission.admit({ email, setupCode: null, invitationCode: null, ...codes });
    const subject = crypto.randomUUID();
    const user = { uuid: newUuid(), issuer: "local", subject, email, name: null, createdAt: START };
    const { id } = await store.users.remember(user);
    await welcome(id);
    const of = await store.members.ofUser(id);
    return of.map(({ workspaceId, workspaceName, role }) => ({
      first: workspaceId === firstWorkspaceId,
      workspaceName,
      role,
    }));
  }

  const inviteAs = async (email: string, role: Role) => {
    const asked = { workspaceId: firstWorkspaceId, email, role, by: "owner", invitedBy: null } as const;
    return (await invite(common, asked)).code;
  };

  return { setupCodes, signUpAs, inviteAs };
}

const refusal = async (attempt: Promise<unknown>) => {
  const error = await attempt.catch((thrown: unknown) => thrown);
  return error instanceof ProblemError ? error.code : error;
};

test("nobody signs up without a code where one comes in by invitation", async () => {
  const { signUpAs } = start();
  expect(await refusal(signUpAs("anna@example.com"))).toBe("signup_closed");
});

test("whoever signs up with the setup code owns the first workspace, and nobody after him", async () => {
  const { setupCodes, signUpAs } = start();
  const setupCode = String(await setupCodes.current());
  expect(await refusal(signUpAs("mallory@example.com", { setupCode: "GUESS" }))).toBe("setup_code_wrong");
  expect(await signUpAs("anna@example.com", { setupCode })).toEqual([
    { first: true, workspaceName: "default", role: "owner" },
  ]);
  expect(await refusal(signUpAs("boris@example.com", { setupCode }))).toBe("setup_code_wrong");
});

test("of two who sign up with the setup code at once one becomes owner", async () => {
  const { setupCodes, signUpAs } = start();
  const setupCode = String(await setupCodes.current());
  const told = await Promise.all(["a", "b"].map((name) => refusal(signUpAs(`${name}@example.com`, { setupCode }))));
  expect(told.filter((code) => code === "setup_code_wrong")).toHaveLength(1);
});

test("whoever signs up with an invitation gets its role, if it is for his address", async () => {
  const { signUpAs, inviteAs } = start();
  const invitationCode = await inviteAs("vera@example.com", "editor");
  expect(await refusal(signUpAs("mallory@example.com", { invitationCode }))).toBe("invitation_wrong");
  expect(await signUpAs("vera@example.com", { invitationCode })).toEqual([
    { first: true, workspaceName: "default", role: "editor" },
  ]);
});

test("where anybody may come in, he gets a workspace of his own, and a code still counts", async () => {
  const { setupCodes, signUpAs } = start("open");
  expect(await signUpAs("boris@example.com")).toEqual([{ first: false, workspaceName: "boris", role: "owner" }]);
  const setupCode = String(await setupCodes.current());
  expect(await signUpAs("anna@example.com", { setupCode })).toMatchObject([{ first: true, role: "owner" }]);
});

test("who guesses the setup code is held back, and nobody else", async () => {
  const { setupCodes, signUpAs } = start();
  const setupCode = String(await setupCodes.current());
  const guess = (code: string) => refusal(signUpAs("mallory@example.com", { setupCode: code }));
  for (let i = 0; i < 10; i++) expect(await guess(`G${i}`)).toBe("setup_code_wrong");
  expect(await guess(setupCode)).toBe("setup_code_throttled");
  expect(await signUpAs("anna@example.com", { setupCode })).toMatchObject([{ role: "owner" }]);
});
