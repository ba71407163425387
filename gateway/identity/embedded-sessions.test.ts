import { expect, test } from "bun:test";
import { TokenError } from "../../core/identity/access-tokens.ts";
import type { Identity, SignedIn } from "../../core/identity/identity.ts";
import { DatabaseAwayError } from "../../core/store/database-errors.ts";
import { createEmbeddedSessions } from "./embedded-sessions.ts";

const verify = (signedIn: Identity["signedIn"]) =>
  createEmbeddedSessions({ signedIn })
    .verify("token")
    .catch((error: unknown) => error);

test("a token that lives says who is signed in", async () => {
  const found = {
    user: { subject: "user", email: "anna@example.com", name: "Anna" },
    session: { uuid: "session" },
    expiresAt: 5000,
  } as unknown as SignedIn;
  expect(await verify(async () => found)).toEqual({
    ...{ subject: "user", email: "anna@example.com", name: "Anna", sessionId: "session", expiresAt: 5000 },
  });
});

test("refusals tell an expired token, one that is not good, and a database that is away", async () => {
  const failing = (error: unknown) => verify(() => Promise.reject(error));
  expect(await failing(new TokenError(true))).toMatchObject({ code: "session_expired", status: 401 });
  expect(await failing(new TokenError(false))).toMatchObject({ code: "session_invalid", status: 401 });
  expect(await verify(async () => null)).toMatchObject({ code: "session_invalid", status: 401 });
  const away = await failing(new DatabaseAwayError());
  expect(away).toMatchObject({ code: "identity_unavailable", status: 503, headers: { "retry-after": "2" } });
  const fault = new TypeError("a fault of ours");
  expect(await failing(fault)).toBe(fault);
});
