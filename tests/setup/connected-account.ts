import { Database } from "bun:sqlite";
import postgres from "postgres";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { AccountRecord } from "../../core/store/store.ts";
import { tokenContext } from "../../core/vault/token-context.ts";
import { createVault } from "../../core/vault/vault.ts";
import { findMasterKeys } from "../../gateway/master-key.ts";
import { databaseFile, type TestGateway } from "./gateway.ts";

/** What is told of an account; the rest is the demo's. */
export interface TestAccount {
  readonly token?: string;
  readonly login?: string;
  /** Default: Yandex did not tell them. */
  readonly scopes?: readonly string[];
  readonly workspaceId?: number;
  readonly disconnectedAt?: number;
}

/** Connects a Yandex account, as if a person had agreed to it. */
export async function connectAccount(
  {
    gateway,
    config,
    clock,
  }: Pick<TestGateway, "gateway" | "config"> & { readonly clock: { readonly now: () => number } },
  given: TestAccount = {},
): Promise<AccountRecord> {
  const { token = demo.token, login = demo.login, scopes = null, disconnectedAt = null } = given;
  const { credentials, accounts, installation } = gateway.store;
  const { workspaceId = installation.workspaceId } = given;
  const vault = createVault((await findMasterKeys(config)).keys);
  const now = clock.now();
  const uuid = crypto.randomUUID();
  const sealedToken = vault.seal(token, tokenContext(uuid));
  const credential = await credentials.create({
    ...{ uuid, workspaceId, sealedToken, tokenHash: vault.hmac("token", token), now },
  });
  await credentials.recordLogin(credential.id, login, now);
  return accounts.create({
    ...{ uuid: crypto.randomUUID(), workspaceId, credentialId: credential.id, yandexId: `id-of-${login}`, login },
    ...{ name: null, origin: "oauth", clientId: null, deviceId: null, sealedRefreshToken: null, scopes },
    ...{ expiresAt: null, refreshAt: null, refreshedAt: null, refreshFailures: 0, refreshError: null, warnedAt: null },
    ...{ connectedAt: now, disconnectedAt, updatedAt: now },
  });
}

/** Makes a second workspace beside that of the test, and returns its id. */
export async function addWorkspace({ config: { database }, config }: Pick<TestGateway, "config">): Promise<number> {
  const uuid = crypto.randomUUID();
  if (database.kind === "sqlite") {
    const file = new Database(databaseFile(config));
    const add = file.query<{ id: number }, [string]>(
      "insert into workspaces (uuid, name, created_at) values (?, 'Other', 0) returning id",
    );
    const made = add.get(uuid);
    file.close();
    return made?.id ?? 0;
  }
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const [made] =
    await sql`insert into gateway.workspaces (uuid, name, created_at) values (${uuid}, 'Other', 0) returning id`;
  await sql.end();
  return Number(made?.id);
}
