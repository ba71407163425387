import { afterEach, beforeEach, describe } from "bun:test";
import type { Store } from "../../core/store/store.ts";
import { accountsContract } from "./store/accounts.ts";
import { auditContract } from "./store/audit.ts";
import { batchesContract } from "./store/batches.ts";
import { claimsContract } from "./store/claims.ts";
import { correctionsContract } from "./store/corrections.ts";
import { countersContract } from "./store/counters.ts";
import { decisionsContract } from "./store/decisions.ts";
import { givenKeysContract } from "./store/given-keys.ts";
import { identityContract } from "./store/identity.ts";
import { intakeContract } from "./store/intake.ts";
import { maintenanceContract } from "./store/maintenance.ts";
import { matchRatesContract } from "./store/match-rates.ts";
import { otherCountersContract } from "./store/other-counters.ts";
import { peopleContract } from "./store/people.ts";
import { planningContract } from "./store/planning.ts";
import { quotaContract } from "./store/quota.ts";
import { rawIntakesContract } from "./store/raw-intakes.ts";
import { replaysContract } from "./store/replays.ts";
import { runsContract } from "./store/runs.ts";
import { sameSecondContract } from "./store/same-second.ts";
import { sealedTextsContract } from "./store/sealed-texts.ts";
import { sourceHealthContract } from "./store/source-health.ts";
import { unidentifiedContract } from "./store/unidentified.ts";
import { unsealedContract } from "./store/unsealed.ts";
import { uploadsContract } from "./store/uploads.ts";
import { withdrawalsContract } from "./store/withdrawals.ts";
import { World } from "./store/world.ts";
import { yandexAccountsContract } from "./store/yandex-accounts.ts";

/** A store under test, empty, and what puts it away. */
export interface OpenedStore {
  readonly store: Store;
  close(): Promise<void>;
}

/** What the core relies on, whatever database stands behind the port. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`the store on ${name}`, () => {
    let opened: OpenedStore;
    let world: World;
    beforeEach(async () => {
      opened = await open();
      world = new World(opened.store);
      await world.addSource();
    });
    afterEach(() => opened.close());

    const parts = [
      accountsContract,
      identityContract,
      yandexAccountsContract,
      peopleContract,
      intakeContract,
      givenKeysContract,
      correctionsContract,
      unsealedContract,
      planningContract,
    ];
    const sending = [sameSecondContract, uploadsContract, claimsContract, decisionsContract, quotaContract];
    const rest = [
      countersContract,
      batchesContract,
      matchRatesContract,
      maintenanceContract,
      replaysContract,
      withdrawalsContract,
      otherCountersContract,
      unidentifiedContract,
      sealedTextsContract,
      sourceHealthContract,
      runsContract,
      auditContract,
      rawIntakesContract,
    ];
    for (const part of [...parts, ...sending, ...rest]) part(() => world);
  });
}
