import { expect, test } from "bun:test";
import { MINUTE } from "../setup/gateway.ts";
import { anna, startIdentityGateway } from "../setup/identity.ts";

const fresh = "another correct horse";

test("a new password ends the other sessions and keeps this one", async () => {
  const { device } = await startIdentityGateway();
  const [laptop, phone] = [device(), device()];
  await laptop.auth.signUp(anna);
  await phone.auth.signInWithPassword(anna);
  expect((await laptop.auth.updateUser({ password: fresh })).error).toBeNull();
  expect((await laptop.auth.getUser()).error).toBeNull();
  expect((await laptop.auth.refreshSession()).error).toBeNull();
  expect((await phone.auth.getUser()).error).not.toBeNull();
  expect((await device().auth.signInWithPassword(anna)).error).toMatchObject({ code: "invalid_credentials" });
  expect((await device().auth.signInWithPassword({ ...anna, password: fresh })).error).toBeNull();
});

test("an older session must tell the present password, however often it was refreshed", async () => {
  const { device, advance } = await startIdentityGateway();
  const laptop = device();
  await laptop.auth.signUp(anna);
  advance(16 * MINUTE);
  await laptop.auth.refreshSession();
  const change = async (current_password?: string) =>
    (await laptop.auth.updateUser({ password: fresh, ...(current_password && { current_password }) })).error?.code;
  expect(await change()).toBe("reauthentication_needed");
  expect(await change("wrong horse battery")).toBe("invalid_credentials");
  expect(await change(anna.password)).toBeUndefined();
});

test("whoever holds a stolen session cannot guess the password by changing it", async () => {
  const { device, advance } = await startIdentityGateway();
  const laptop = device();
  await laptop.auth.signUp(anna);
  advance(16 * MINUTE);
  const codes: (string | undefined)[] = [];
  for (let guess = 0; guess < 7; guess++)
    codes.push(
      (await laptop.auth.updateUser({ password: fresh, current_password: `guess number ${guess}` })).error?.code,
    );
  expect(codes.at(-2)).toBe("invalid_credentials");
  expect(codes.at(-1)).toBe("over_request_rate_limit");
});

test("a person changes his name, and not his address", async () => {
  const { device } = await startIdentityGateway();
  const laptop = device();
  await laptop.auth.signUp(anna);
  await laptop.auth.getUser();
  const { data } = await laptop.auth.updateUser({ data: { name: " Анна " } });
  expect(data.user?.user_metadata).toEqual({ name: "Анна" });
  expect((await laptop.auth.updateUser({ email: "anna2@example.com" })).error).toMatchObject({
    code: "validation_failed",
    message: expect.stringContaining("cannot be changed"),
  });
  expect((await laptop.auth.getUser()).data.user).toMatchObject({ email: anna.email, user_metadata: { name: "Анна" } });
});
