import { expect, test } from "bun:test";
import * as v from "valibot";
import { createManualClock } from "./clock.ts";
import { MetrikaError } from "./errors.ts";
import { createMetrikaHttp, type Fetch, type MetrikaHttpOptions } from "./http.ts";

const Anything = v.object({ ok: v.boolean() });
const read = { token: "y0_secret", method: "GET", path: "/x", answer: Anything } as const;
const write = { ...read, method: "POST", body: { kind: "json", value: { a: 1 } } } as const;

function http(fetch: Fetch, options: Partial<MetrikaHttpOptions> = {}) {
  return createMetrikaHttp({ apiUrl: "https://metrika.example/", fetch, ...options });
}

const turn = () => new Promise(setImmediate);

/** A fetch that never answers and ends only with its signal. */
const silent: Fetch = (_url, { signal }) =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error as MetrikaError,
  );

test("a request carries the token as OAuth and its query encoded", async () => {
  const seen: [string, RequestInit][] = [];
  const send = http(async (url, init) => {
    seen.push([url, init]);
    return Response.json({ ok: true });
  });
  expect(await send({ ...read, query: { comment: "а б", limit: 5, offset: undefined } })).toEqual({ ok: true });
  expect(seen[0]?.[0]).toBe("https://metrika.example/x?comment=%D0%B0+%D0%B1&limit=5");
  expect(seen[0]?.[1]).toMatchObject({
    method: "GET",
    redirect: "manual",
    headers: { authorization: "OAuth y0_secret" },
  });
});

test("every request is announced before it goes out, and one that is kept back never does", async () => {
  const seen: unknown[] = [];
  const fetched = async () => {
    seen.push("sent");
    return Response.json({ ok: true });
  };
  const send = http(fetched, { beforeRequest: async (notice) => void seen.push(notice) });
  await send(read);
  await send({ ...write, loginKey: "owner", isBackground: true });
  expect(seen).toEqual([
    { loginKey: null, kind: "read", isBackground: false },
    "sent",
    { loginKey: "owner", kind: "write", isBackground: true },
    "sent",
  ]);
  const spent = new MetrikaError("spent", { kind: "throttled", bodyMayHaveArrived: false });
  for (const [reason, told] of [
    [spent, { kind: "throttled", message: "spent" }],
    [new Error("disk is full"), { kind: "aborted", bodyMayHaveArrived: false }],
  ] as const) {
    const failure = failureOf(http(fetched, { beforeRequest: () => Promise.reject(reason) })(write));
    expect(await failure).toMatchObject(told);
  }
  expect(seen).toHaveLength(4);
});

test("silence longer than the timeout ends the request and leaves no timer", async () => {
  const clock = createManualClock();
  const failure = failureOf(http(silent, { clock, timeoutMs: 30_000 })(write));
  await turn();
  clock.advance(29_999);
  clock.advance(1);
  expect(await failure).toMatchObject({ kind: "unreachable", code: "metrika_timed_out", bodyMayHaveArrived: true });
  expect(clock.waiting).toBe(0);
});

test("each byte of an answer puts the timeout off", async () => {
  const clock = createManualClock();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const answer = http(async () => new Response(readable), { clock, timeoutMs: 100 })(read);
  for (const piece of ['{"ok"', ":", "true}"]) {
    await turn();
    clock.advance(99);
    await writer.write(new TextEncoder().encode(piece));
  }
  await turn();
  await writer.close();
  expect(await answer).toEqual({ ok: true });
  expect(clock.waiting).toBe(0);
});

test("a caller that gives up gets its own reason as the cause", async () => {
  const caller = new AbortController();
  const failure = failureOf(http(silent)({ ...write, signal: caller.signal }));
  await turn();
  caller.abort(new Error("lease lost"));
  expect(await failure).toMatchObject({ kind: "aborted", bodyMayHaveArrived: true, cause: { message: "lease lost" } });
  const before = await failureOf(http(silent)({ ...write, signal: caller.signal }));
  expect(before).toMatchObject({ kind: "aborted", bodyMayHaveArrived: false });
});

test("an answer that is no JSON or has another shape cannot be read, and a body may have been acted on", async () => {
  for (const text of ["<html>", "", '{"ok":"yes"}', "[]"]) {
    const failure = await failureOf(http(async () => new Response(text))(write));
    expect(failure).toMatchObject({ kind: "invalid_answer", status: 200, bodyMayHaveArrived: true });
  }
  const failure = await failureOf(http(async () => new Response("<html>"))(read));
  expect(failure?.bodyMayHaveArrived).toBe(false);
});

test("the token stands in no message, even when Metrika quotes it", async () => {
  const quoting = async () => Response.json({ message: "Unknown token y0_secret" }, { status: 400 });
  const failure = await failureOf(http(quoting)(read));
  expect(failure?.message).toContain("Unknown token ***");
  expect(Bun.inspect(failure)).not.toContain("y0_secret");
});

test("a token that would break the header is refused before anything is sent", async () => {
  for (const token of ["", "y0 secret", "y0_secret\n", "y0_секрет"]) {
    const failure = await failureOf(http(silent)({ ...write, token }));
    expect(failure).toMatchObject({ kind: "unauthorized", bodyMayHaveArrived: false });
    expect(Bun.inspect(failure)).not.toContain("secret");
  }
});

test("every failure is a MetrikaError", async () => {
  const broken: Fetch = () => Promise.reject("not even an error");
  expect(await failureOf(http(broken)(read))).toBeInstanceOf(MetrikaError);
});
