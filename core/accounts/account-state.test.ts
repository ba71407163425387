import { expect, test } from "bun:test";
import { blanksOf, type Localized, render } from "../language.ts";
import type { AccountRecord } from "../store/store.ts";
import { accountSentences, judgeAccount, OTHER_APPLICATION, REFRESH_ENDED } from "./account-state.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-23T12:00:00Z");

const account: AccountRecord = {
  ...{ id: 1, uuid: "a", workspaceId: 1, credentialId: 1, yandexId: "7", login: "shop", name: null, origin: "oauth" },
  ...{ clientId: "app", deviceId: "d", sealedRefreshToken: "s", scopes: null, expiresAt: NOW + 365 * DAY },
  ...{ refreshAt: NOW + 90 * DAY, refreshedAt: null, refreshFailures: 0, refreshError: null, warnedAt: null },
  ...{ connectedAt: NOW, disconnectedAt: null, updatedAt: NOW },
};

const stateOf = (change: Partial<AccountRecord>, pausedReason: "unauthorized" | "forbidden" | "quota" | null = null) =>
  judgeAccount({ ...account, ...change }, { pausedReason }, NOW).state;

test("an account that will be renewed in time is connected, however soon its token ends", () => {
  expect(stateOf({})).toBe("connected");
  expect(stateOf({ expiresAt: NOW + DAY })).toBe("connected");
  expect(stateOf({ expiresAt: null, refreshAt: null })).toBe("connected");
});

test("a token that cannot be renewed expires two weeks before its end, and is dead after it", () => {
  expect(stateOf({ refreshAt: null, expiresAt: NOW + 14 * DAY + 1 })).toBe("connected");
  expect(stateOf({ refreshAt: null, expiresAt: NOW + 14 * DAY })).toBe("expiring");
  expect(stateOf({ refreshAt: null, expiresAt: NOW })).toBe("reconnect_needed");
});

test("only a refused token needs a new consent: neither a right to one counter nor a used-up quota does", () => {
  expect(stateOf({}, "unauthorized")).toBe("reconnect_needed");
  expect([stateOf({}, "forbidden"), stateOf({}, "quota")]).toEqual(["connected", "connected"]);
});

test("a renewal that fails is told by whether it is tried again", () => {
  expect(stateOf({ refreshError: "unreachable", refreshFailures: 3 })).toBe("refresh_failing");
  expect(stateOf({ refreshError: OTHER_APPLICATION })).toBe("refresh_failing");
  expect(stateOf({ refreshError: REFRESH_ENDED, refreshAt: null })).toBe("reconnect_needed");
});

test("a disconnected account is that and nothing else", () => {
  expect(stateOf({ disconnectedAt: NOW, refreshError: "unreachable" }, "unauthorized")).toBe("disconnected");
});

test.each(Object.entries<Localized>(accountSentences))(
  "the sentence of %s has no blank that stays empty",
  (_, sentence) => {
    const params = { login: "shop", until: "2026-12-01", error: "unreachable" };
    for (const language of ["ru", "en"] as const) expect(blanksOf(render(sentence, language, params))).toEqual([]);
  },
);
