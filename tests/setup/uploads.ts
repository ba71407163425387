import type { UploadRecord } from "../../core/store/store.ts";
import type { TestGateway } from "./gateway.ts";

/** The gateway's files as they are stored, the oldest first; at most a hundred. */
export async function uploadsOf({ gateway }: TestGateway): Promise<readonly UploadRecord[]> {
  const { workspaceId } = gateway.store.installation;
  const all = { workspaceId, counterId: null, state: null, before: null, limit: 100 };
  return [...(await gateway.store.uploads.list(all)).rows].reverse();
}
