import { expect, test } from "bun:test";
import { DAY, SECOND } from "../setup/gateway.ts";
import { anna, type Device, type IdentityGateway, startIdentityGateway } from "../setup/identity.ts";

const home = { address: "203.0.113.5" };

async function start() {
  const gateway = await startIdentityGateway();
  await gateway.device(home).auth.signUp(anna);
  return gateway;
}

async function tryIn(gateway: IdentityGateway, password: string, from: Device, email: string = anna.email) {
  const answer = await gateway.ask("POST", "/token?grant_type=password", { email, password }, from);
  const body = (await answer.json()) as { error_code?: string };
  return { code: body.error_code ?? "signed in", wait: answer.headers.get("retry-after") };
}

async function failTimes(gateway: IdentityGateway, times: number, from: (n: number) => Device, email?: string) {
  for (let n = 0; n < times; n++) await tryIn(gateway, `wrong horse ${n}`, from(n), email);
}

test("whoever guesses is held up, ever longer, and is told how long", async () => {
  const gateway = await start();
  const stranger = { address: "198.51.100.7" };
  await failTimes(gateway, 6, () => stranger);
  expect(await tryIn(gateway, "wrong", stranger)).toEqual({ code: "over_request_rate_limit", wait: "5" });
  gateway.advance(5 * SECOND);
  expect(await tryIn(gateway, "wrong", stranger)).toEqual({ code: "invalid_credentials", wait: null });
  expect(await tryIn(gateway, "wrong", stranger)).toEqual({ code: "over_request_rate_limit", wait: "10" });
  // Held up is held up, with the right password too: else guessing would go on.
  expect((await tryIn(gateway, anna.password, stranger)).code).toBe("over_request_rate_limit");
  gateway.advance(DAY);
  expect((await tryIn(gateway, anna.password, stranger)).code).toBe("signed in");
});

test("strangers from everywhere cannot lock a person out of the network he signed in from before", async () => {
  const gateway = await start();
  await failTimes(gateway, 30, (n) => ({ address: `198.51.${n}.7` }));
  expect((await tryIn(gateway, anna.password, { address: "192.0.2.1" })).code).toBe("over_request_rate_limit");
  expect((await tryIn(gateway, anna.password, { address: "203.0.113.99" })).code).toBe("signed in");
  gateway.advance(30 * SECOND);
  expect((await tryIn(gateway, anna.password, { address: "192.0.2.1" })).code).toBe("signed in");
});

test("one address that tries many people is held up for all of them", async () => {
  const gateway = await start();
  const stranger = { address: "198.51.100.7" };
  for (let n = 0; n < 31; n++) await tryIn(gateway, "wrong horse", stranger, `person${n}@example.com`);
  expect((await tryIn(gateway, anna.password, stranger)).code).toBe("over_request_rate_limit");
  expect((await tryIn(gateway, anna.password, home)).code).toBe("signed in");
}, 60_000);

test("a right password makes earlier slips forgotten", async () => {
  const gateway = await start();
  for (let round = 0; round < 3; round++) {
    await failTimes(gateway, 5, () => home);
    expect((await tryIn(gateway, anna.password, home)).code).toBe("signed in");
  }
}, 60_000);

test("tries that come all at once are counted before they are judged", async () => {
  const gateway = await start();
  const stranger = { address: "198.51.100.7" };
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => tryIn(gateway, `wrong ${n}`, stranger)));
  expect(outcomes.filter(({ code }) => code === "invalid_credentials").length).toBeLessThanOrEqual(6);
});

test("codes of sign-up cannot be guessed from one address without end", async () => {
  const gateway = await start();
  const signUp = async (n: number) => {
    const body = { email: anna.email, password: "some long password", data: { invitation_code: `guess ${n}` } };
    const answer = await gateway.ask("POST", "/signup", body, { address: "198.51.100.7" });
    return ((await answer.json()) as { error_code?: string }).error_code;
  };
  const codes: (string | undefined)[] = [];
  for (let n = 0; n < 32; n++) codes.push(await signUp(n));
  expect(codes.at(0)).toBe("invitation_wrong");
  expect(codes.at(-1)).toBe("over_request_rate_limit");
});

test("while the counts cannot be read nobody gets in", async () => {
  const gateway = await start();
  await gateway.gateway.store.close();
  const { code } = await tryIn(gateway, anna.password, home);
  expect(code).toBe("unexpected_failure");
});
