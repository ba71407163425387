import { expect, test } from "bun:test";
import { createManualClock } from "../../core/metrika/clock.ts";
import { createVerifiedSessions } from "./verified-sessions.ts";

const HOUR = 3_600_000;

function start() {
  const clock = createManualClock(HOUR);
  const verified = createVerifiedSessions(clock.now);
  const claims = { subject: "anna", email: null, name: null, sessionId: null, expiresAt: clock.now() + 2 * HOUR };
  return { clock, verified, claims };
}

test("a verified token is remembered for a minute, and no longer than it lasts", () => {
  const { clock, verified, claims } = start();
  verified.keep("lasting", 0, claims);
  verified.keep("ending", 0, { ...claims, expiresAt: clock.now() + 1000 });
  expect(verified.find("lasting", 0)).toEqual(claims);
  expect(verified.find("another", 0)).toBeNull();
  clock.advance(1000);
  expect(verified.find("ending", 0)).toBeNull();
  clock.advance(58_999);
  expect(verified.find("lasting", 0)).toEqual(claims);
  clock.advance(1);
  expect(verified.find("lasting", 0)).toBeNull();
});

test("a token verified under former keys is verified again", () => {
  const { verified, claims } = start();
  verified.keep("token", 0, claims);
  expect(verified.find("token", 1)).toBeNull();
  verified.keep("token", 1, claims);
  expect(verified.find("token", 1)).toEqual(claims);
});

test("a thousand tokens are remembered, those verified last", () => {
  const { verified, claims } = start();
  for (let number = 0; number < 1001; number++) verified.keep(`token ${number}`, 0, claims);
  expect(verified.find("token 0", 0)).toBeNull();
  expect(verified.find("token 1", 0)).toEqual(claims);
  expect(verified.find("token 1000", 0)).toEqual(claims);
});
