import { expect, test } from "bun:test";
import { createRig } from "./rig.ts";

test("each call asks for its scope and its right to the counter", async () => {
  const { simulator, client, call } = createRig();
  simulator.addToken("y0_read", { login: "owner", scopes: ["metrika:read"] });
  simulator.addToken("y0_write", { login: "owner", scopes: ["metrika:write"] });
  simulator.addToken("y0_viewer", { login: "viewer" });
  simulator.addCounter({ id: 101, name: "Shared", ownerLogin: "owner", grants: { viewer: "view" } });
  const goal = { name: "n", identifier: "i" };
  const forbidden = { kind: "forbidden", status: 403, errorType: "access_denied" };

  expect(await client.goals.list({ ...call, token: "y0_read" })).toHaveLength(1);
  await expect(client.goals.create({ ...call, token: "y0_read", goal })).rejects.toMatchObject(forbidden);
  await expect(client.goals.list({ ...call, token: "y0_write" })).rejects.toMatchObject(forbidden);
  expect(await client.goals.list({ token: "y0_viewer", counterId: 101 })).toEqual([]);
  await expect(client.goals.create({ token: "y0_viewer", counterId: 101, goal })).rejects.toMatchObject(forbidden);
  await expect(client.goals.list({ ...call, token: "y0_viewer" })).rejects.toMatchObject(forbidden);
  expect((await client.counters.list({ token: "y0_viewer" })).counters).toMatchObject([{ id: 101, writable: false }]);
});

test("a dead token and an unknown counter are told as the settings say", async () => {
  const { simulator, client, call } = createRig();
  await expect(client.goals.list({ ...call, counterId: 999 })).rejects.toMatchObject({
    kind: "not_found",
    status: 404,
  });
  simulator.settings.unknownCounter = "access_denied";
  await expect(client.goals.list({ ...call, counterId: 999 })).rejects.toMatchObject({
    kind: "forbidden",
    status: 403,
  });
  simulator.killToken(call.token);
  await expect(client.goals.list(call)).rejects.toMatchObject({
    kind: "unauthorized",
    status: 403,
    errorType: "invalid_token",
  });
  simulator.settings.invalidTokenStatus = 401;
  await expect(client.goals.list(call)).rejects.toMatchObject({ kind: "unauthorized", status: 401 });
});

test("a request without a token, or with another scheme, is answered with 401", async () => {
  const { simulator } = createRig();
  const url = "https://metrika.example/management/v1/counters";
  expect((await simulator.fetch(url)).status).toBe(401);
  expect((await simulator.fetch(url, { headers: { authorization: "Bearer y0_good" } })).status).toBe(401);
  expect((await simulator.fetch("https://metrika.example/nothing")).status).toBe(404);
});
