import { afterAll, beforeAll, describe, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** What to do where there is no browser; said when tests are skipped or fail for want of one. */
export const BROWSER_WANTED =
  "Chromium is needed: install it (apt-get install chromium), or let CHROMIUM_PATH name the program of one.";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"] as const;
const PLACES = [
  "/usr/bin/chromium",
  "/snap/bin/chromium",
  "/opt/google/chrome/chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
] as const;
/** Of a machine that has other work. */
const START_MS = 60_000;

/** The program of Chromium or Chrome: the one that CHROMIUM_PATH names, one on the PATH, or one in a usual place; null without any. */
export function chromiumProgram(): string | null {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  for (const name of NAMES) {
    const found = Bun.which(name);
    if (found !== null) return found;
  }
  return PLACES.find((place) => existsSync(place)) ?? null;
}

/**
 * A suite that is played in a real browser, one for all its tests. Where there is none its tests are skipped and the reason is
 * told, or with REQUIRE_BROWSER=1 they fail.
 * @param suite gets a function that gives the browser inside tests and hooks
 */
export function describeBrowser(name: string, suite: (browser: () => Browser) => void): void {
  const executablePath = chromiumProgram();
  let browser: Browser | null = null;
  const body = () => {
    suite(() => {
      if (browser === null) throw new Error(BROWSER_WANTED);
      return browser;
    });
  };
  if (executablePath === null) {
    if (process.env.REQUIRE_BROWSER === "1") {
      test(`${name} has a browser`, () => {
        throw new Error(BROWSER_WANTED);
      });
    } else {
      console.log(`Not tested in a browser: ${name}. ${BROWSER_WANTED}`);
      describe.skip(name, body);
    }
    return;
  }
  describe(name, () => {
    beforeAll(async () => {
      // Chromium's sandbox refuses to be root, which containers often are.
      browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0, timeout: START_MS });
    }, START_MS);
    afterAll(() => browser?.close());
    body();
  });
}
