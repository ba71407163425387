import { expect, test } from "bun:test";
import { isFields, putIn, takeOut } from "./config-paths.ts";

test("what is taken out of a config goes back where it stood", () => {
  const config = { domain: "shop", access: { token: "t", zone: "ru" }, key: "k" };
  const { rest, taken } = takeOut(config, ["access.token", "key", "access.absent", "nobody.token"]);
  expect(rest).toEqual({ domain: "shop", access: { zone: "ru" } });
  expect(Object.fromEntries(taken)).toEqual({ "access.token": "t", key: "k" });
  expect(putIn(rest, taken)).toEqual(config);
  expect(config.access.token).toBe("t");
});

test("objects on the way to a value are made, and whatever else stands there is left alone", () => {
  expect(putIn({}, new Map([["access.token", "t"]]))).toEqual({ access: { token: "t" } });
  expect(
    putIn({ access: null, list: [1] }, new Map(["access.token", "list.token"].map((path) => [path, "t"]))),
  ).toEqual({ access: null, list: [1] });
});

test("a name that every object has by itself leads nowhere", () => {
  expect(takeOut({}, ["constructor.name", "__proto__.x"]).taken.size).toBe(0);
});

test("only objects of names are fields", () => {
  expect([{}, Object.create(null)].map(isFields)).toEqual([true, true]);
  expect([null, [], "text", new Date(), Promise.resolve({}), new Map()].some(isFields)).toBe(false);
});
