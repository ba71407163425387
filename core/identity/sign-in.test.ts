import { expect, test } from "bun:test";
import type { UserRecord } from "../store/store.ts";
import { tooManyTries } from "./identity-error.ts";
import type { Passwords } from "./passwords.ts";
import { type SignInDeps, signIn } from "./sign-in.ts";

const client = { address: "203.0.113.5", userAgent: null };
const anna: UserRecord = {
  ...{ id: 1, uuid: "user", issuer: "local", subject: "user", email: "anna@example.com", name: null },
  ...{ createdAt: 0, updatedAt: 0, lastSeenAt: null },
};

/** Notes every step that takes time, in order. */
function start(verify: Passwords["verify"] = async () => false) {
  const steps: string[] = [];
  const note = <T>(step: string, answer: T) => {
    steps.push(step);
    return Promise.resolve(answer);
  };
  const deps = {
    store: {
      users: {
        findByEmail: (email: string) => note("find", email === anna.email ? anna : null),
        passwordHash: (id: number) => note("hash of", id === anna.id ? "hash" : null),
      },
      sessions: { addresses: () => note("addresses", []) },
    },
    passwords: {
      verify: (password: string, hash: string | null) => {
        steps.push("verify");
        return verify(password, hash);
      },
    },
    throttling: {
      ofPassword: () =>
        note("count", {
          succeeded: () => note("succeeded", undefined),
          withdrawn: () => note("withdrawn", undefined),
        }),
    },
    sessions: { open: () => note("open", {}) },
  } as unknown as SignInDeps;
  const outcome = (email: string, password = "some password") =>
    signIn(deps, { email, password }, client).then(
      () => "signed in",
      (error: Error) => error.message,
    );
  return { steps, outcome };
}

test("an unknown address takes the same steps as a wrong password, with one hash", async () => {
  const [known, unknown] = [start(), start()];
  expect(await known.outcome(anna.email)).toBe("invalid_credentials");
  expect(await unknown.outcome("nobody@example.com")).toBe("invalid_credentials");
  expect(known.steps).toEqual(["find", "addresses", "hash of", "count", "verify"]);
  expect(unknown.steps).toEqual(known.steps);
});

test("nobody gets in for whom there is no person, whatever the hash says", async () => {
  const { outcome, steps } = start(async () => true);
  expect(await outcome("nobody@example.com")).toBe("invalid_credentials");
  expect(steps).not.toContain("open");
});

test("a try that was turned away at the queue is not held against anybody", async () => {
  const { outcome, steps } = start(() => Promise.reject(tooManyTries(2000)));
  expect(await outcome(anna.email)).toBe("over_request_rate_limit");
  expect(steps.at(-1)).toBe("withdrawn");
});

test("a text that can be nobody's password costs no hash", async () => {
  const { outcome, steps } = start();
  expect(await outcome(anna.email, "x".repeat(2000))).toBe("invalid_credentials");
  expect(steps).toEqual([]);
});
