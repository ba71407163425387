import { expect, test } from "bun:test";
import { createTestSource, NOW } from "./test-account.ts";
import { accessToken } from "./tokens.ts";

const oauth = { client_id: "c", client_secret: "s", redirect_uri: "https://gateway.example/", code: "code-1" };

function connected() {
  const set = createTestSource({ access_token: undefined, oauth });
  set.amocrm.grants.add("code-1");
  return set;
}

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error) => error,
  );

test("a long-lived token is used as it is", async () => {
  const { source, amocrm } = createTestSource();
  expect(await accessToken(source)).toBe("long-lived-token-of-a-double");
  expect(amocrm.requests).toEqual([]);
});

test("a code is exchanged once, and its token is used until it runs out", async () => {
  const { source, amocrm } = connected();
  expect([await accessToken(source), await accessToken(source)]).toEqual(["access-1", "access-1"]);
  expect(amocrm.requests).toEqual(["POST /oauth2/access_token"]);
});

test("a token that runs out, or that is refused before its time, is renewed, and the refresh token is rotated", async () => {
  const { source, amocrm } = connected();
  await accessToken(source);
  const tomorrow = { ...source, now: () => new Date(NOW.getTime() + 86_400_000) };
  expect(await accessToken(tomorrow)).toBe("access-2");
  expect(await accessToken(tomorrow, "access-2")).toBe("access-3");
  expect([...amocrm.grants]).toEqual(["refresh-3"]);
});

test("two that need a new token at once renew it once", async () => {
  const { source, amocrm } = connected();
  await accessToken(source);
  let turn: Promise<unknown> = Promise.resolve();
  const state: typeof source.state = {
    ...source.state,
    exclusively: (work) => {
      const done = turn.then(work);
      turn = done;
      return done;
    },
  };
  const both = { ...source, state };
  expect(await Promise.all([accessToken(both, "access-1"), accessToken(both, "access-1")])).toEqual([
    "access-2",
    "access-2",
  ]);
  expect(amocrm.requests).toHaveLength(2);
});

test("a code that no longer works needs a person, and a new one connects anew", async () => {
  const { source, amocrm } = connected();
  await accessToken(source);
  amocrm.grants.clear();
  expect(await refusalOf(accessToken(source, "access-1"))).toMatchObject({ name: "Unusable", code: "token_refused" });
  amocrm.grants.add("code-2");
  const again = { ...source, config: { ...source.config, oauth: { ...oauth, code: "code-2" } } };
  expect(await accessToken(again)).toBe("access-2");
});

test("an amoCRM that fails gives its tokens later", async () => {
  const { source, amocrm } = connected();
  amocrm.faults.push(() => new Response("", { status: 503 }));
  expect(await refusalOf(accessToken(source))).toMatchObject({ name: "RetryLater" });
  expect(await accessToken(source)).toBe("access-1");
});
