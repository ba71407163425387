import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { applicationEnv, seedAccounts } from "../setup/accounts.ts";
import { sale } from "../setup/gateway.ts";
import { anna, startIdentityGateway } from "../setup/identity.ts";

/** Of a goal that was just made, and of visits of the demo that took place before. */
const scored = (visitor: number) => sale(visitor, { target: "4plus", price: undefined, currency: undefined });

test("from an empty installation to a settled conversion: setup code, sign-in, account, counters, goal, webhook", async () => {
  const gateway = await startIdentityGateway({
    ...{ seed: seedAccounts, startAt: Date.parse("2026-11-23T12:00:00Z") },
    env: { ...applicationEnv, SIGN_UP: "invitation" },
  });
  const { device, request, simulator, clock } = gateway;
  const laptop = device();

  const setup_code = await gateway.gateway.setupCodes.current();
  expect((await device().auth.signUp({ ...anna })).error?.code).toBe("signup_disabled");
  const signedUp = await laptop.auth.signUp({ ...anna, options: { data: { setup_code } } });
  expect(signedUp.error).toBeNull();
  await laptop.auth.signOut();
  const signedIn = await laptop.auth.signInWithPassword(anna);
  const headers = { authorization: `Bearer ${signedIn.data.session?.access_token}`, "accept-language": "en" };
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await request(method, path, { headers, ...(body !== undefined && { body }) });
    expect([path, answer.status < 300 ? "done" : answer.text]).toEqual([path, "done"]);
    return answer;
  };
  expect((await ask("GET", "/v1/me")).body).toMatchObject({ email: anna.email, workspaces: [{ role: "owner" }] });

  const begun = await ask("POST", "/v1/accounts/connect", {});
  const back = new URL(simulator.consent({ authorizeUrl: String(begun.body.authorize_url), login: demo.login }));
  const cookie = begun.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await request("GET", back.pathname + back.search, { headers: { cookie, "accept-language": "en" } });
  expect([page.status, page.text]).toEqual([200, expect.stringContaining(demo.login)]);
  const [account] = (await ask("GET", "/v1/accounts")).body.data;
  const account_id = String(account?.account_id);

  const attached = await ask("POST", "/v1/counters", { account_id, counter_id: demo.counterId });
  expect(attached.body).toMatchObject({ counter_id: demo.counterId, state: "ready" });
  const made = await ask("POST", `/v1/accounts/${account_id}/counters`, { name: "Landing", site: "landing.example" });
  expect([made.status, made.body.created]).toEqual([201, true]);

  const goals = `/v1/counters/${demo.counterId}/goals`;
  expect((await ask("GET", `${goals}/check`)).body.status).toBe("missing");
  expect((await ask("POST", `${goals}/ensure`)).body.created).toBe(true);
  expect((await ask("POST", `${goals}/ensure`)).body.created).toBe(false);
  expect((await ask("GET", `${goals}/check`)).body.status).toBe("exists");

  const wanted = { name: "Scoring", counter_id: demo.counterId, account_id };
  const { webhook_id: id, secret, url } = (await ask("POST", "/webhook/offline-conversions", wanted)).body;
  const webhook = { id, secret, url, path: `/webhook/offline-conversions/${id}` };
  const posted = await gateway.post(webhook, [scored(0), scored(1), scored(1)]);
  expect(posted.status).toBe(202);
  await gateway.settle();

  expect(await gateway.status(webhook, posted.body.batch_id)).toMatchObject({
    status: "completed",
    processed: 3,
    linked: 2,
  });
  expect(simulator.ledger.conversions().map(({ target }) => target)).toEqual(["4plus", "4plus"]);
  expect(clock.now()).toBeGreaterThan(Date.parse("2026-11-23T12:00:00Z"));
});
