import { expect, test } from "bun:test";
import { parse } from "acorn";
import { createApp } from "../http/app-defaults.ts";
import { serveCapture } from "./serve-capture.ts";

const app = createApp();
serveCapture(app);

const script = await (await app.request("/capture.js")).text();

test("the script is small and is understood by browsers of 2018", () => {
  expect(Buffer.byteLength(script)).toBeLessThan(4096);
  expect(parse(script, { ecmaVersion: 2018, sourceType: "script" }).body).toHaveLength(1);
});

test("the script makes no code of text and no markup, so that a strict policy lets it run", () => {
  expect(script).not.toMatch(/\beval\b|\bFunction\b|innerHTML|insertAdjacentHTML|document\.write|import\(/);
});

test("any site may load the script, keep it for a while and ask whether it has changed", async () => {
  const answer = await app.request("/capture.js", { headers: { origin: "https://shop.example" } });
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/javascript; charset=utf-8",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": expect.stringMatching(/^public, max-age=3600, stale-while-revalidate=\d+/),
  });
  const etag = answer.headers.get("etag") ?? "";
  const unchanged = await app.request("/capture.js", { headers: { "if-none-match": `"other", ${etag}` } });
  expect([unchanged.status, await unchanged.text()]).toEqual([304, ""]);
  for (const name of ["etag", "cache-control", "access-control-allow-origin"]) {
    expect(unchanged.headers.get(name)).toBe(answer.headers.get(name));
  }
  const changed = await app.request("/capture.js", { headers: { "if-none-match": '"of an earlier version"' } });
  expect([changed.status, await changed.text()]).toEqual([200, script]);
});
