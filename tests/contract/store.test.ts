import { openSqliteStore } from "../../core/store/sqlite/store.ts";
import { START } from "./store/world.ts";
import { storeContract } from "./store.contract.ts";

storeContract("SQLite", async () => {
  const founding = { uuid: "0f0e0d0c-0b0a-4908-8706-050403020100", workspaceUuid: crypto.randomUUID() };
  const store = openSqliteStore(":memory:", { ...founding, vaultCheck: "canary", now: START });
  return { store, close: () => store.close() };
});
