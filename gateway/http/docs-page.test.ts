import { expect, test } from "bun:test";
import { createApp } from "./app-defaults.ts";
import { serveDocs } from "./docs-page.ts";

let built = 0;
const app = createApp();
serveDocs(app, () => {
  built++;
  return { openapi: "3.1.0", info: { title: "Test", version: "1" }, paths: {} };
});

test("the page loads scripts and the document from its own origin only, by relative addresses", async () => {
  const response = await app.request("/docs");
  const html = await response.text();
  expect(response.headers.get("content-type")).toStartWith("text/html");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain("http");
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address as string);
  expect(addresses).toEqual(["openapi.json", "docs/scalar.js", "docs/start.js"]);
  expect(html).not.toMatch(/<script>| on\w+="/);
  for (const address of addresses) {
    expect((await app.request(new URL(address, "http://localhost/docs").pathname)).status).toBe(200);
  }
});

test("the document is built once, at the first request", async () => {
  const before = built;
  await app.request("/openapi.json");
  const response = await app.request("/openapi.json");
  expect(await response.json()).toMatchObject({ openapi: "3.1.0" });
  expect(built).toBeLessThanOrEqual(before + 1);
});

test("the script comes packed for who can unpack it, and not at all for who has it", async () => {
  const plain = await app.request("/docs/scalar.js");
  const script = await plain.text();
  expect(script.length).toBeGreaterThan(1_000_000);
  expect(script).toContain("createApiReference");
  const packed = await app.request("/docs/scalar.js", { headers: { "accept-encoding": "br, gzip" } });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  const unpacked = Bun.gunzipSync(await packed.arrayBuffer());
  expect(Buffer.from(unpacked).toString()).toBe(script);
  const refused = await app.request("/docs/scalar.js", { headers: { "accept-encoding": "gzip;q=0" } });
  expect(refused.headers.get("content-encoding")).toBeNull();
  const etag = plain.headers.get("etag") ?? "";
  const again = await app.request("/docs/scalar.js", { headers: { "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
});
