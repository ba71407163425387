import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createClient } from "@supabase/supabase-js";
import { composeGateway, type Gateway } from "../../gateway/gateway.ts";
import { newMasterKey } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { testConfig } from "../setup/gateway.ts";
import { anna } from "../setup/identity.ts";
import { until } from "../setup/process.ts";

setDefaultTimeout(60_000);

const keepNothing = { auth: { persistSession: false, autoRefreshToken: false } };

/** supabase-js on a device that reaches this gateway. */
function deviceOf({ app }: Gateway, address = "203.0.113.5") {
  const ask = async (url: RequestInfo | URL, init?: RequestInit) =>
    app.fetch(new Request(url, init), { peerOf: () => address });
  const global = { fetch: Object.assign(ask, { preconnect: fetch.preconnect }) };
  return createClient("https://gateway.example.com", "sb_publishable_test", { ...keepNothing, global });
}

describePostgres("Two gateways on one database", (postgres) => {
  async function withPair(act: (one: Gateway, other: Gateway) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(`${tmpdir()}/gateways-`);
    const config = testConfig(folder, {
      ...{ DATABASE_URL: await postgres().createDatabase(), GATEWAY_SECRET_KEY: newMasterKey(), DATA_FOLDER: folder },
      SIGN_UP: "open",
    });
    const gateways: Gateway[] = [];
    try {
      for (const _ of ["one", "other"]) gateways.push(await composeGateway(config));
      const [one, other] = gateways;
      if (one && other) await act(one, other);
    } finally {
      for (const gateway of gateways) await gateway.close(0);
      await rm(folder, { recursive: true });
    }
  }

  test("take each other's sessions, and let go of one soon after the other ended it", async () => {
    await withPair(async (one, other) => {
      const { data } = await deviceOf(one).auth.signUp(anna);
      const token = data.session?.access_token ?? "";
      const seenByOther = async () => (await deviceOf(other).auth.getUser(token)).error === null;
      expect(await seenByOther()).toBe(true);
      const elsewhere = deviceOf(one);
      await elsewhere.auth.signInWithPassword(anna);
      await elsewhere.auth.signOut({ scope: "global" });
      await until("the other gateway knows", async () => ((await seenByOther()) ? null : true), 6000);
    });
  });

  test("exchange one refresh token once between them", async () => {
    await withPair(async (one, other) => {
      const { data } = await deviceOf(one).auth.signUp(anna);
      const refresh_token = data.session?.refresh_token ?? "";
      const refreshed = await Promise.all(
        [one, other, one, other].map((gateway) => deviceOf(gateway).auth.refreshSession({ refresh_token })),
      );
      const given = refreshed.map((answer) => answer.data.session?.refresh_token);
      expect(given).toEqual(Array(4).fill(given[0]));
      expect(given[0]).not.toBe(refresh_token);
    });
  });

  test("count tries together", async () => {
    await withPair(async (one, other) => {
      await deviceOf(one).auth.signUp(anna);
      const codes: (string | undefined)[] = [];
      for (let n = 0; n < 7; n++) {
        const stranger = deviceOf(n % 2 === 0 ? one : other, "198.51.100.7");
        codes.push((await stranger.auth.signInWithPassword({ ...anna, password: `wrong horse ${n}` })).error?.code);
      }
      expect(codes.at(-2)).toBe("invalid_credentials");
      expect(codes.at(-1)).toBe("over_request_rate_limit");
    });
  });
});
