import type { SetupCodeRecord } from "../store.ts";
import { anyOwner, holdWorkspace } from "./members.ts";
import { statement, type Work } from "./work.ts";

const openCode = statement<SetupCodeRecord>(
  `select uuid, hash, sealed_code as "sealedCode", created_at as "createdAt" from one_time_codes
   where kind = 'setup' and used_at is null`,
);
const addCode = statement<never, [uuid: string, hash: string, sealed: string, now: number]>(
  "insert into one_time_codes (uuid, kind, hash, sealed_code, created_at) values (?1, 'setup', ?2, ?3, ?4)",
);
const dropOpenCodes = statement("delete from one_time_codes where kind = 'setup' and used_at is null");
const useCode = statement<never, [hash: string, userId: number, now: number]>(
  `update one_time_codes set used_at = ?3, user_id = ?2, sealed_code = null
   where hash = ?1 and kind = 'setup' and used_at is null`,
);
const makeOwner = statement<never, [workspaceId: number, userId: number, now: number]>(
  `insert into members (workspace_id, user_id, role, created_at, updated_at) values (?1, ?2, 'owner', ?3, ?3)
   on conflict (workspace_id, user_id) do update set role = 'owner', updated_at = excluded.updated_at`,
);
const NOBODY = 0;

/** See `SetupCodeStore.ensure`. */
export function* ensureSetupCode(fresh: SetupCodeRecord, workspaceId: number): Work<SetupCodeRecord | null> {
  yield* holdWorkspace.send(workspaceId);
  const open = yield* openCode.get();
  if (open !== null) return open;
  if (yield* anyOwner.get(workspaceId, NOBODY)) return null;
  yield* addCode.send(fresh.uuid, fresh.hash, fresh.sealedCode, fresh.createdAt);
  return fresh;
}

/** See `SetupCodeStore.replace`. */
export function* replaceSetupCode(fresh: SetupCodeRecord, workspaceId: number): Work<void> {
  yield* holdWorkspace.send(workspaceId);
  yield* dropOpenCodes.send();
  yield* addCode.send(fresh.uuid, fresh.hash, fresh.sealedCode, fresh.createdAt);
}

/** See `SetupCodeStore.use`. */
export function* spendSetupCode(hash: string, userId: number, workspaceId: number, now: number): Work<boolean> {
  if ((yield* useCode.run(hash, userId, now)) === 0) return false;
  yield* makeOwner.send(workspaceId, userId, now);
  return true;
}
