import type { Founding, Installation } from "../store.ts";
import { statement, type Work } from "./work.ts";

const known = statement<Omit<Installation, "workspaceId">>(
  `select uuid, vault_check as "vaultCheck", sealed_hashing_key as "sealedHashingKey" from installation where id = 1`,
);
const addWorkspace = statement<never, [uuid: string, now: number]>(
  "insert into workspaces (uuid, name, created_at) values (?1, 'default', ?2) on conflict (uuid) do nothing",
);
const addInstallation = statement<never, [uuid: string, vaultCheck: string, now: number]>(
  "insert into installation (id, uuid, vault_check, created_at) values (1, ?1, ?2, ?3)",
);
const firstWorkspace = statement<{ id: number }>("select id from workspaces order by id limit 1");

/** Tells who this installation is; of a new database, makes it one. To be carried out while nobody else founds. */
export function* foundInstallation({ uuid, vaultCheck, workspaceUuid, now }: Founding): Work<Installation> {
  const found = yield* known.get();
  if (!found) {
    yield* addWorkspace.send(workspaceUuid, now);
    yield* addInstallation.send(uuid, vaultCheck, now);
  }
  const workspace = yield* firstWorkspace.get();
  return { ...(found ?? { uuid, vaultCheck, sealedHashingKey: null }), workspaceId: workspace?.id ?? 1 };
}
