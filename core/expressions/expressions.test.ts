import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ExpressionError } from "./expression-error.ts";
import { createExpressions, type Expressions } from "./expressions.ts";

let expressions: Expressions;
beforeAll(() => {
  expressions = createExpressions({ timeMs: 300 });
});
afterAll(() => expressions.close());

const reckon = (expression: string, input: unknown = {}, owner = "a") => expressions.evaluate(owner, expression, input);
const errorOf = (expression: string, input?: unknown): Promise<ExpressionError> =>
  reckon(expression, input).then(
    (value) => {
      throw new Error(`It gave ${JSON.stringify(value)}.`);
    },
    (error) => error,
  );

test("an expression turns a foreign body into conversions", async () => {
  const body = { order: { id: "7", sum: "10.50" }, visitor: "1770146617335078468" };
  const expression = "{'client_id': visitor, 'purchase_id': order.id, 'price': order.sum, 'target': 'purchase'}";
  expect(await reckon(expression, body)).toEqual({
    ...{ client_id: "1770146617335078468", purchase_id: "7", price: "10.50", target: "purchase" },
  });
});

test("what is not there gives nothing", async () => {
  expect(await reckon("a.b.c")).toBeNull();
});

test("an expression that cannot be read is refused with the place", async () => {
  const error = await expressions.check("a", "{'a': ").catch((refused) => refused);
  expect(error).toMatchObject({ code: "expression_syntax", position: 6 });
});

test("a failing expression tells why", async () => {
  expect(await errorOf("$number('x')")).toMatchObject({ code: "expression_failed" });
});

test.each([
  ["an endless recursion", "($f := function($n){$f($n+1)}; $f(1))"],
  ["a recursion that grows", "($f := function($n){$f($n) & 'a'}; $f(1))"],
  ["a regular expression that goes back and back", `$match('${"a".repeat(40)}!', /^(a+)+$/)`],
  ["a range of millions", "[1..10000000].{'a': $, 'b': $string($), 'c': [1..3]}"],
])("%s is stopped, and the next expression is reckoned", async (_, expression) => {
  const error = await errorOf(expression);
  expect(["expression_too_slow", "expression_too_large", "expression_failed"]).toContain(error.code);
  expect(await reckon("1 + 1")).toBe(2);
});

test("an expression that takes much memory is stopped before its time", async () => {
  const small = createExpressions({ timeMs: 10_000, memoryBytes: 30_000_000 });
  const error = await small.evaluate("a", "$count([1..9000000].{'a': $string($)})", {}).catch((refused) => refused);
  small.close();
  expect(error).toMatchObject({ code: "expression_too_large" });
});

test("nothing of the program can be reached from an expression", async () => {
  for (const path of ["constructor", "__proto__", "a.constructor", "$lookup($, '__proto__')", "toString"]) {
    expect(await reckon(path, { a: {} })).toBeNull();
  }
  expect(await errorOf("a.constructor('return process')()", { a: {} })).toMatchObject({ code: "expression_failed" });
});

test("an expression cannot change what later ones see", async () => {
  await reckon("$merge([{'__proto__': {'polluted': true}}])");
  await reckon("$lookup({}, '__proto__') ~> |$|{'polluted': true}|");
  expect([await reckon("polluted", {}), await reckon("{}.polluted")]).toEqual([null, null]);
});

test("a result that is a function is nothing", async () => {
  expect(await reckon("function($x){$x}")).toBeNull();
});

test("owners take turns: one that asks a lot lets another in between", async () => {
  const order: string[] = [];
  const told = (owner: string) => () => void order.push(owner);
  const many = Array.from({ length: 20 }, () => reckon("1", {}, "greedy").then(told("greedy")));
  await Promise.all([...many, reckon("1", {}, "modest").then(told("modest"))]);
  expect(order.indexOf("modest")).toBeLessThan(3);
});

test("an owner with too many waiting is told to come later", async () => {
  const narrow = createExpressions({ mostWaiting: 2 });
  const asked = Array.from({ length: 5 }, () => narrow.evaluate("a", "1", {}).catch((error) => error.code));
  const answers = await Promise.all(asked);
  narrow.close();
  expect(answers.filter((answer) => answer === "expressions_busy")).toHaveLength(3);
});

test("who waits when the gateway stops is told so", async () => {
  const stopping = createExpressions();
  const asked = stopping.evaluate("a", "1", {}).catch((error) => error.code);
  stopping.close();
  expect(await asked).toBe("expressions_busy");
});
