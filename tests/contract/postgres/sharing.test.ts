import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { UploadRecord } from "../../../core/store/store.ts";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { LEASE_MS, START, World } from "../store/world.ts";
import { type Gateways, openGateways, putUpload } from "./gateways.ts";

describePostgres("gateways that share a PostgreSQL", (server) => {
  let gateways: Gateways;
  beforeAll(async () => {
    gateways = await openGateways(server(), 2);
  });
  beforeEach(async () => {
    await gateways.sql`truncate gateway.uploads, gateway.upload_attempts, gateway.login_quota, gateway.counter_turns, gateway.credentials cascade`;
  });
  afterAll(() => gateways.close());

  /** Calls of every gateway, all at once. */
  const atOnce = <T>(times: number, call: (store: Gateways["stores"][number], nth: number) => Promise<T>) =>
    Promise.all(Array.from({ length: times }, (_, n) => call(gateways.stores[n % 2]!, n)));

  /** So many planned uploads for each of three counters of each of two logins. */
  async function planned(each: number, state = "planned"): Promise<readonly number[]> {
    const world = new World(gateways.stores[0]!);
    const credentials = [(await world.addCredential()).id, (await world.addCredential()).id];
    for (const credential_id of credentials)
      for (const counter_id of [1, 2, 3])
        for (let n = 0; n < each; n++) await putUpload(gateways.sql, { state, counter_id, credential_id });
    return credentials;
  }

  test("no upload is claimed twice, and no login has more places than it may, however many claim at once", async () => {
    const credentials = await planned(10);
    const claims = await atOnce(16, (store, n) =>
      store.uploads.claimDue({
        ...{ states: ["planned"], claim: `worker ${n}`, now: START, leaseMs: LEASE_MS, limit: 3, perLogin: 7 },
      }),
    );
    const claimed = claims.flat();
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
    const places = credentials.map((id) => claimed.filter(({ credentialId }) => credentialId === id).length);
    expect(places).toEqual([7, 7]);
    const held = await gateways.sql`select count(*) as n from gateway.uploads where claim is not null`;
    expect(held).toMatchObject([{ n: claimed.length }]);
  });

  test("what Metrika works on for a counter is asked about by one gateway", async () => {
    await planned(5, "processing");
    const claims = await atOnce(12, (store, n) =>
      store.uploads.claimToPoll({ claim: `worker ${n}`, now: START, leaseMs: LEASE_MS, limit: 1 }),
    );
    const lane = ({ counterId, credentialId }: UploadRecord) => `${counterId}:${credentialId}`;
    const shares = claims.filter((claimed) => claimed.length > 0);
    expect(shares.map((claimed) => claimed.length)).toEqual([5, 5, 5, 5, 5, 5]);
    for (const claimed of shares) expect(new Set(claimed.map(lane)).size).toBe(1);
  });

  test("one move of many that name the same claim is carried out", async () => {
    const [credential] = await planned(1);
    const [upload] = await gateways.stores[0]!.uploads.claimDue({
      ...{ states: ["planned"], claim: "worker", now: START, leaseMs: LEASE_MS, limit: 1, perLogin: 1 },
    });
    expect(upload).toMatchObject({ credentialId: credential });
    const attempt = { startedAt: START, endedAt: START, outcome: "begun", code: null, detail: null };
    const moves = await atOnce(8, (store) =>
      store.uploads.move({
        ...{ id: upload!.id, claim: "worker", from: "planned", to: "sending", facts: {}, keepClaim: true, now: START },
        attempt: { kind: "send", ...attempt },
      }),
    );
    expect(moves.filter(Boolean)).toHaveLength(1);
    expect(await gateways.stores[1]!.uploads.attemptsOf(upload!.id)).toHaveLength(1);
  });

  test("a login spends no more of its day than the limit", async () => {
    const spent = await atOnce(30, (store) =>
      store.quota.spend({ loginKey: "owner", kind: "write", limit: 11, now: START }),
    );
    expect(spent.filter(Boolean)).toHaveLength(11);
    expect(await gateways.stores[1]!.quota.spent("owner", START)).toMatchObject({ writes: 11 });
  });

  test("what was counted under a token's hash becomes its login's once, though all learn it at the same time", async () => {
    const { quota, credentials } = gateways.stores[0]!;
    const { id, tokenHash } = await new World(gateways.stores[0]!).addCredential();
    for (let n = 0; n < 3; n++) await quota.spend({ loginKey: tokenHash, kind: "read", limit: 100, now: START });
    await atOnce(6, (store) => store.credentials.recordLogin(id, "owner", START));
    expect(await quota.spent("owner", START)).toMatchObject({ reads: 3 });
    expect(await quota.spent(tokenHash, START)).toMatchObject({ reads: 0 });
    expect(await credentials.get(id)).toMatchObject({ login: "owner" });
  });

  test("batches are listed newest first by when they came, whichever gateway gave them their ids", async () => {
    const [store] = gateways.stores;
    const source = await new World(store!).addSource();
    const batch = { source_id: source.id, received: 1, duplicates: 0, rejected: 0, sealed: 1 };
    const came = [3, 1001, 4, 1002, 1003];
    for (const [n, id] of came.entries()) {
      const at = { created_at: START + Math.floor(n / 2), updated_at: START };
      await gateways.sql`insert into gateway.batches ${gateways.sql({ id, ...batch, ...at })}`;
    }
    const listed: number[][] = [];
    for (let before: number | null = null, last = false; !last; ) {
      const page = await store!.batches.list({ sourceId: source.id, before, limit: 2 });
      listed.push(page.rows.map(({ id }) => id));
      before = page.after;
      last = before === null;
    }
    expect(listed).toEqual([[1003, 1002], [4, 1001], [3]]);
    expect(await store!.batches.fileUnderSources(100)).toBe(0);
  });
});
