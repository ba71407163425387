import { expect, test } from "bun:test";
import { IdentityError } from "./identity-error.ts";
import { createPasswords, NOBODYS_HASH, type PasswordHasher } from "./passwords.ts";

/** Hashes that end when the test says so. */
function slowHasher() {
  const open: (() => void)[] = [];
  let started = 0;
  const wait = () => {
    started++;
    return new Promise<void>((resolve) => open.push(resolve));
  };
  const hasher = {
    hash: () => wait().then(() => "hash"),
    verify: () => wait().then(() => true),
  } as unknown as PasswordHasher;
  return { hasher, finish: () => open.shift()?.(), started: () => started };
}

test("a hash is of the password alone, by argon2id with the parameters that OWASP asks for", async () => {
  const passwords = createPasswords();
  const hash = await passwords.hash("correct horse battery");
  expect(hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
  expect(await passwords.verify("correct horse battery", hash)).toBe(true);
  expect(await passwords.verify("correct horse", hash)).toBe(false);
});

test("nobody's hash costs what everybody's does, and no password fits it", async () => {
  const passwords = createPasswords();
  const parameters = (hash: string) => hash.split("$").slice(0, 4);
  expect(parameters(NOBODYS_HASH)).toEqual(parameters(await passwords.hash("correct horse battery")));
  expect(await passwords.verify("correct horse battery", null)).toBe(false);
});

test("where there is nobody, a hash is computed all the same", async () => {
  let verified = 0;
  const counting = {
    verify: async () => {
      verified++;
      return true;
    },
  } as unknown as PasswordHasher;
  expect(await createPasswords(counting).verify("anything at all", null)).toBe(false);
  expect(verified).toBe(1);
});

test("two hashes are computed at once, 32 wait, and whoever comes then is asked to come later", async () => {
  const { hasher, finish, started } = slowHasher();
  const passwords = createPasswords(hasher);
  const all = Array.from({ length: 34 }, () => passwords.verify("some password", "hash"));
  const refused = await passwords.verify("some password", "hash").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(IdentityError);
  expect(refused).toMatchObject({ code: "over_request_rate_limit", params: { seconds: 2 } });
  expect(started()).toBe(2);
  for (let done = 0; done < 34; done++) {
    finish();
    await Bun.sleep(0);
    expect(started()).toBe(Math.min(34, done + 3));
  }
  expect(await Promise.all(all)).toEqual(Array(34).fill(true));
});

test("a hash that fails gives its place to the next", async () => {
  let calls = 0;
  const failing = {
    hash: () => Promise.reject(new Error(`failure ${++calls}`)),
  } as unknown as PasswordHasher;
  const passwords = createPasswords(failing);
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => passwords.hash("some password")));
  expect(all.map(({ status }) => status)).toEqual(Array(5).fill("rejected"));
  expect(calls).toBe(5);
});
