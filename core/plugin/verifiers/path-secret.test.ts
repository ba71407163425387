import { expect, test } from "bun:test";
import { hashSecret } from "../../vault/secrets.ts";
import { pathSecret } from "./path-secret.ts";

const SECRET = "q9F2vZ0aYcH7uJpXn4mKsTbLwEdRgI8oP1yVx3N6Qf0";
const known = { hashes: [hashSecret(SECRET)], keys: [] };
const at = (rest: string) => `https://gateway.example/sources/shop/0192a3b4${rest}`;

test("the secret is the last segment of the path, and nothing else is", () => {
  const verify = (rest: string) => pathSecret().verify(at(rest), known);
  expect(verify(`/${SECRET}`)).toBe("right");
  expect(verify(`/${SECRET}?utm=1`)).toBe("right");
  expect(verify(`/%71${SECRET.slice(1)}`)).toBe("right");
  expect(verify("/")).toBe("missing");
  expect(verify("")).toBe("wrong");
  expect(verify(`/${SECRET}/more`)).toBe("wrong");
  expect(verify(`/${SECRET}/`)).toBe("missing");
  expect(verify(`/${SECRET}%`)).toBe("wrong");
  expect(verify(`/x?secret=${SECRET}`)).toBe("wrong");
});

test("the secret is a parameter of the query that comes once", () => {
  const verify = (rest: string) => pathSecret("key").verify(at(rest), known);
  expect(verify(`?key=${SECRET}`)).toBe("right");
  expect(verify(`?other=1&key=${SECRET}`)).toBe("right");
  expect(verify(`?key=${SECRET}&key=${SECRET}`)).toBe("wrong");
  expect(verify(`?key=${SECRET.slice(1)}`)).toBe("wrong");
  expect(verify("?key=")).toBe("missing");
  expect(verify(`/${SECRET}`)).toBe("missing");
  expect(verify(`?KEY=${SECRET}`)).toBe("missing");
});

test("an unknown source accepts nothing", () => {
  expect(pathSecret().verify(at(`/${SECRET}`), { hashes: [], keys: [] })).toBe("wrong");
});
