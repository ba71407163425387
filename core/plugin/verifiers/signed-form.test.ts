import { expect, test } from "bun:test";
import { signedForm } from "./signed-form.ts";

const SALT = "examplevpbxsalt000000000000000002";
const mango = signedForm({
  signature: "sign",
  fields: ["vpbx_api_key", "json"],
  over: ({ vpbx_api_key, json }, salt) => vpbx_api_key + json + salt,
});
const folder = `${import.meta.dir}/../../../tests/fixtures/senders/mango`;
const readEvent = async (name: string) =>
  Object.fromEntries(new URLSearchParams(await Bun.file(`${folder}/${name}.txt`).text()));
const verify = (form: unknown, keys: readonly string[] = [SALT]) =>
  mango.verify(
    { headers: new Headers(), raw: async () => new Uint8Array(), readForm: async () => form },
    { hashes: [], keys },
  );

test.each(["events-call-appeared", "events-call-disconnected", "events-summary-composed"])(
  "the signature of Mango's %s is right",
  async (name) => {
    expect(await verify(await readEvent(name))).toBe("right");
  },
);

test("a changed field, another signature or another salt is wrong", async () => {
  const event = await readEvent("events-summary-composed");
  expect(await verify({ ...event, json: `${event.json} ` })).toBe("wrong");
  expect(await verify({ ...event, vpbx_api_key: "other" })).toBe("wrong");
  expect(await verify({ ...event, sign: event.sign?.toUpperCase() })).toBe("wrong");
  expect(await verify({ ...event, sign: "" })).toBe("wrong");
  expect(await verify(event, ["other"])).toBe("wrong");
  expect(await verify(event, [])).toBe("wrong");
  expect(await verify(event, ["other", SALT])).toBe("right");
});

test("a form without one of the fields, or with one that comes twice, has no signature", async () => {
  const { sign, json } = await readEvent("events-summary-composed");
  for (const form of [{}, null, { sign, json }, { sign, json, vpbx_api_key: ["a", "b"] }])
    expect(await verify(form)).toBe("missing");
});
