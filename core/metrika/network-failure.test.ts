import { expect, test } from "bun:test";
import { unreachableBy } from "./network-failure.ts";

function failed(code: string | null, bodyTaken: boolean | null = null) {
  const cause = code === null ? new Error("odd") : Object.assign(new TypeError(code), { code });
  return unreachableBy({ operation: "POST /x", cause, hasBody: true, bodyTaken });
}

test("a connection that never stood has carried no body", () => {
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED"])
    expect(failed(code)).toMatchObject({ kind: "unreachable", code: "metrika_unreachable", bodyMayHaveArrived: false });
});

test("a failure that can come in the middle of a body leaves the question open", () => {
  for (const code of ["ECONNRESET", "EPROTO", "ETIMEDOUT", "EHOSTUNREACH", null])
    expect(failed(code).bodyMayHaveArrived).toBe(true);
});

test("a stream that fetch never asked for a byte settles the question, whatever the code", () => {
  expect(failed("ECONNRESET", false).bodyMayHaveArrived).toBe(false);
  expect(failed("ECONNRESET", true).bodyMayHaveArrived).toBe(true);
});

test("Bun names a refused connection as this client expects", async () => {
  const free = Bun.serve({ port: 0, fetch: () => new Response() });
  const { port } = free;
  await free.stop(true);
  const cause = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "x" }).catch(
    (error: unknown) => error,
  );
  expect(unreachableBy({ operation: "POST /", cause, hasBody: true, bodyTaken: null }).bodyMayHaveArrived).toBe(false);
});
