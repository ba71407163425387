import { expect, test } from "bun:test";
import fc from "fast-check";
import { createManualClock } from "./clock.ts";
import { createRateLimiter } from "./rate-limit.ts";

const turn = () => new Promise(setImmediate);

test("no more requests start in a second than allowed, and the next start as soon as one second has passed", async () => {
  const clock = createManualClock();
  const limiter = createRateLimiter({ requestsPerSecond: 2, clock });
  const started: string[] = [];
  for (const key of ["a", "b", "c"]) void limiter.acquire(key).then(() => started.push(key));
  await turn();
  expect(started).toEqual(["a", "b"]);
  clock.advance(999);
  await turn();
  expect(started).toEqual(["a", "b"]);
  clock.advance(1);
  await turn();
  expect(started).toEqual(["a", "b", "c"]);
  expect(clock.waiting).toBe(0);
});

test("a login with all its places taken does not hold up another", async () => {
  const limiter = createRateLimiter({ parallelPerKey: 1, clock: createManualClock() });
  const started: string[] = [];
  const release = await limiter.acquire("busy");
  void limiter.acquire("busy").then(() => started.push("busy"));
  void limiter.acquire("idle").then(() => started.push("idle"));
  await turn();
  expect(started).toEqual(["idle"]);
  release();
  release();
  void limiter.acquire("busy").then(() => started.push("busy again"));
  await turn();
  expect(started).toEqual(["idle", "busy"]);
});

test("who gives up while waiting frees the queue and leaves no timer", async () => {
  const clock = createManualClock();
  const limiter = createRateLimiter({ requestsPerSecond: 1, clock });
  await limiter.acquire("a");
  const caller = new AbortController();
  const waiting = limiter.acquire("a", { signal: caller.signal });
  caller.abort(new Error("shutting down"));
  await expect(waiting).rejects.toThrow("shutting down");
  expect(clock.waiting).toBe(0);
});

test("for every run of requests the limits hold and everyone gets a turn", async () => {
  const run = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), runs: fc.nat(1500) }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(run, async (requests) => {
      const clock = createManualClock();
      const limiter = createRateLimiter({ requestsPerSecond: 5, parallelPerKey: 3, clock });
      const starts: number[] = [];
      const running: Record<string, number> = {};
      let most = 0;
      for (const { key, runs } of requests)
        void limiter.acquire(key).then((release) => {
          starts.push(clock.now());
          running[key] = (running[key] ?? 0) + 1;
          most = Math.max(most, running[key]);
          clock.after(runs, () => {
            running[key] = (running[key] ?? 0) - 1;
            release();
          });
        });
      for (let step = 0; step < 1000 && (starts.length < requests.length || clock.waiting > 0); step++) {
        await turn();
        clock.advance(100);
      }
      expect(starts.length).toBe(requests.length);
      expect(most).toBeLessThanOrEqual(3);
      for (const [index, start] of starts.entries())
        expect(start - (starts[index - 5] ?? -1000)).toBeGreaterThanOrEqual(1000);
    }),
    { numRuns: 20 },
  );
});

test("where others send files of the login too, only so many requests without one are on their way at once", async () => {
  const limiter = createRateLimiter({ parallelOthersPerKey: 1 });
  const started: string[] = [];
  const ask = (name: string, kind: "file" | "other") =>
    limiter.acquire("login", { kind }).then((release) => {
      started.push(name);
      return release;
    });
  const first = await ask("first question", "other");
  void ask("second question", "other");
  await ask("file", "file");
  expect(started).toEqual(["first question", "file"]);
  first();
  await Bun.sleep(0);
  expect(started).toEqual(["first question", "file", "second question"]);
});

test("reports have a quota of five minutes for each login, and whoever waits for it holds up nobody", async () => {
  const clock = createManualClock();
  const limiter = createRateLimiter({ reportsPerFiveMinutes: 2, clock });
  const started: string[] = [];
  const ask = (name: string, key: string, area?: "reports" | "logs") =>
    limiter.acquire(key, { area }).then((release) => {
      started.push(name);
      release();
    });
  for (const name of ["1", "2", "3"]) void ask(name, "shop", "reports");
  void ask("goals", "shop");
  void ask("other login", "agency", "reports");
  await turn();
  expect(started).toEqual(["1", "2", "goals", "other login"]);
  clock.advance(299_999);
  await turn();
  expect(started).toHaveLength(4);
  clock.advance(1);
  await turn();
  expect(started).toEqual(["1", "2", "goals", "other login", "3"]);
  expect(clock.waiting).toBe(0);
});

test("the Logs API has a quota of a second over all logins, beside that of all requests", async () => {
  const clock = createManualClock();
  const limiter = createRateLimiter({ requestsPerSecond: 3, logsPerSecond: 1, clock });
  const started: string[] = [];
  const ask = (name: string, area?: "reports" | "logs") =>
    limiter.acquire(name, { area }).then(() => started.push(name));
  for (const name of ["log 1", "log 2", "log 3"]) void ask(name, "logs");
  for (const name of ["a", "b", "c"]) void ask(name);
  await turn();
  expect(started).toEqual(["log 1", "a", "b"]);
  clock.advance(1000);
  await turn();
  expect(started).toEqual(["log 1", "a", "b", "log 2", "c"]);
  clock.advance(1000);
  await turn();
  expect(started.at(-1)).toBe("log 3");
  expect(clock.waiting).toBe(0);
});
