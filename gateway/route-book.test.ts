import { expect, test } from "bun:test";
import { pathSecret, sharedSecret } from "metrika-gateway/plugin";
import { addressOf, createRouteBook, withSecret } from "./route-book.ts";

const HOST = "https://gateway.example.com";
const route = (path: string) => ({ methods: ["POST"], path, summary: "Send" });
const urlOf = (path: string, verifier: Parameters<typeof addressOf>[3]) =>
  addressOf(HOST, route(path), "0192", verifier).url;

test("routes are kept by their plugin, in the order in which they are declared", () => {
  const book = createRouteBook();
  book.add("crm", route("/a"));
  book.add("till", route("/b"));
  book.add("crm", route("/c"));
  expect(book.of("crm").map(({ path }) => path)).toEqual(["/a", "/c"]);
  expect(book.of("nobody")).toEqual([]);
});

test("the address of a route holds the source's id, and what is shown in a header stands in no address", () => {
  expect(addressOf(HOST, route("/sources/crm/{source_id}/status"), "0192", sharedSecret("X-Secret"))).toEqual({
    methods: ["POST"],
    url: "https://gateway.example.com/sources/crm/0192/status",
    summary: "Send",
  });
  expect(withSecret("https://gateway.example.com/sources/crm/0192", "s")).toBeNull();
});

test("where the address holds the secret, a blank stands for it until it is filled", () => {
  const path = urlOf("/sources/crm/{source_id}/{key}", pathSecret());
  expect(path).toBe("https://gateway.example.com/sources/crm/0192/{secret}");
  expect(withSecret(path, "a/b")).toBe("https://gateway.example.com/sources/crm/0192/a%2Fb");
  const query = urlOf("/sources/crm/{source_id}", pathSecret("token"));
  expect(query).toBe("https://gateway.example.com/sources/crm/0192?token={secret}");
  expect(withSecret(query, "abc")).toBe("https://gateway.example.com/sources/crm/0192?token=abc");
});
