import { expect, test } from "bun:test";
import * as v from "valibot";
import { isSecret, secret, secretPaths } from "./secret.ts";

const token = secret(v.string());

test("a secret is marked, also when more is asked of it or it may be left out", () => {
  expect(isSecret(token)).toBe(true);
  expect(isSecret(v.pipe(token, v.minLength(8)))).toBe(true);
  expect(isSecret(secret(v.pipe(v.string(), v.trim(), v.minLength(8))))).toBe(true);
  expect(isSecret(v.string())).toBe(false);
});

const schemas: Readonly<Record<string, readonly [v.GenericSchema, readonly string[]]>> = {
  "without secrets": [v.object({ domain: v.string() }), []],
  "with a secret among other fields": [v.object({ domain: v.string(), token }), ["token"]],
  "with secrets in nested objects": [
    v.object({ access: v.object({ token, more: v.object({ key: token }) }) }),
    ["access.token", "access.more.key"],
  ],
  "with secrets that may be left out": [
    v.object({ a: v.optional(token), b: v.nullable(token), c: v.nullish(token), d: v.exactOptional(token) }),
    ["a", "b", "c", "d"],
  ],
  "with a default for a secret": [v.object({ token: v.optional(token, "none") }), ["token"]],
  "with a group that may be left out": [
    v.object({ a: v.optional(v.object({ token })), b: v.nullable(v.looseObject({ token })) }),
    ["a.token", "b.token"],
  ],
  "with a pipe over the whole and over a part": [
    v.pipe(
      v.strictObject({
        access: v.pipe(
          v.object({ token: v.pipe(token, v.trim()) }),
          v.check(() => true),
        ),
      }),
      v.check(() => true),
      v.transform((config) => config.access),
    ),
    ["access.token"],
  ],
  "with a pipe over what may be left out": [v.object({ token: v.pipe(v.optional(token, ""), v.trim()) }), ["token"]],
  "with lists, choices and alternatives that hold no secret": [
    v.object({
      token,
      stages: v.array(v.object({ id: v.string() })),
      kind: v.picklist(["a", "b"]),
      price: v.variant("from", [v.object({ from: v.literal("field") }), v.object({ from: v.literal("constant") })]),
      zones: v.record(v.string(), v.union([v.string(), v.number()])),
    }),
    ["token"],
  ],
};

test.each(Object.entries(schemas))("the secrets of a config %s are found", (_, [schema, paths]) => {
  expect(secretPaths(schema)).toEqual(paths);
});

interface Tree {
  readonly branches: readonly Tree[];
}

test("a schema that holds itself is walked to its end", () => {
  const Tree: v.GenericSchema<Tree> = v.object({ branches: v.array(v.lazy(() => Tree)) });
  expect(secretPaths(v.object({ tree: Tree, token }))).toEqual(["token"]);
});

const holder = v.object({ token });
const missable: Readonly<Record<string, v.GenericSchema>> = {
  list: v.array(token),
  tuple: v.tuple([token]),
  "rest of a tuple": v.tupleWithRest([v.string()], token),
  record: v.record(v.string(), token),
  "name of a record": v.record(secret(v.string()), v.string()),
  map: v.map(v.string(), token),
  union: v.union([token, v.number()]),
  variant: v.variant("kind", [v.object({ kind: v.literal("a"), token })]),
  intersection: v.intersect([holder, v.object({ domain: v.string() })]),
  "rest of an object": v.objectWithRest({ domain: v.string() }, token),
  "list of objects": v.array(holder),
  "part that is made later": v.lazy(() => holder),
  "text that is parsed": v.pipe(
    v.string(),
    v.transform((text): unknown => JSON.parse(text)),
    holder,
  ),
};

test.each(Object.entries(missable))("a secret in a %s is refused", (_, schema) => {
  expect(() => secretPaths(v.object({ part: v.optional(schema) }))).toThrow(/^the secret "part\.\[\]/);
});

test("a config that is a secret itself, and a name with a dot, are refused", () => {
  expect(() => secretPaths(token)).toThrow("cannot be a secret itself");
  expect(() => secretPaths(v.object({ "access.token": token }))).toThrow('"access.token"');
  expect(() => secretPaths(v.object({ "site.name": v.string() }))).not.toThrow();
});
