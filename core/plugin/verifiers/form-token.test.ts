import { expect, test } from "bun:test";
import { hashSecret } from "../../vault/secrets.ts";
import { formToken } from "./form-token.ts";

const TOKEN = "51856fefc120afa4b628cc82d3935cce";
const known = { hashes: [hashSecret(TOKEN)], keys: [] };
const sent = (form: unknown) => ({
  headers: new Headers(),
  raw: async () => new Uint8Array(),
  readForm: async () => form,
});
const verify = (form: unknown, secrets = known) => formToken("auth[application_token]").verify(sent(form), secrets);

test("the token is found where the path leads", async () => {
  expect(await verify({ auth: { application_token: TOKEN } })).toBe("right");
  expect(await formToken("token").verify(sent({ token: TOKEN }), known)).toBe("right");
  expect(await formToken("auth[0]").verify(sent({ auth: [TOKEN] }), known)).toBe("right");
});

test("no token, or an empty one, is missing", async () => {
  for (const form of [{}, null, "text", [], { auth: null }, { auth: TOKEN }, { auth: { application_token: "" } }])
    expect(await verify(form)).toBe("missing");
});

test("another token, one that comes twice, and what is no text are wrong", async () => {
  const others = [TOKEN.slice(1), `${TOKEN}0`, TOKEN.toUpperCase(), [TOKEN, TOKEN], { 0: TOKEN }, 0, true];
  for (const application_token of others) expect(await verify({ auth: { application_token } })).toBe("wrong");
});

test("what every object inherits is no token", async () => {
  const inherited = formToken("constructor[name]").verify(sent({}), { hashes: [hashSecret("Object")], keys: [] });
  expect(await inherited).toBe("missing");
});

test("an unknown source accepts nothing", async () => {
  expect(await verify({ auth: { application_token: TOKEN } }, { hashes: [], keys: [] })).toBe("wrong");
});
