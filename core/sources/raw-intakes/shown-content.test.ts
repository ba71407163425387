import { expect, test } from "bun:test";
import { shownContent } from "./shown-content.ts";

const FORM = "application/x-www-form-urlencoded";
const show = (body: string | Uint8Array, type = FORM, isWhole = false) =>
  shownContent(
    {
      query: [
        ["token", "abcdefgh"],
        ["phone", "+79000000000"],
      ],
      headers: [["content-type", type]],
      body: typeof body === "string" ? Buffer.from(body) : body,
    },
    isWhole,
  );

test("a form is shown a field a line, without its secrets and contacts", () => {
  const body = "auth%5Bapplication_token%5D=51856fef&leads[0][id]=107&Phone=%2B7+900+000-00-00&mail=a%40example.com";
  expect(show(body).body?.split("\n")).toEqual([
    "auth[application_token]=***",
    "leads[0][id]=107",
    "Phone=***00",
    "mail=a***@example.com",
  ]);
});

test("JSON keeps its spelling, digits and all, and loses its secrets", () => {
  const body = '{"id": 1770146617335078468, "access_token": "y0_abc", "salt":123, "phone": "+79000000000"}';
  expect(show(body, "application/json").body).toBe(
    '{"id": 1770146617335078468, "access_token": "***", "salt":"***", "phone": "***00"}',
  );
});

test("escapes that nobody needs hide neither a contact nor a secret, and those that JSON needs stay", () => {
  const body =
    '{"mail": "anna\\u0040example.com", "phone": "\\u002b79000000000", "to\\u006ben": "x", "quote": "\\u0022\\\\u0040"}';
  expect(show(body, "application/json").body).toBe(
    '{"mail": "a***@example.com", "phone": "***00", "token": "***", "quote": "\\u0022\\\\u0040"}',
  );
});

test("whole, contacts are shown and secrets still are not", () => {
  const shown = show("token=x&Phone=%2B79000000000", FORM, true);
  expect(shown.body).toBe("token=***\nPhone=+79000000000");
  expect(shown.query).toEqual({ token: "***", phone: "+79000000000" });
});

test("a body that is no text is not shown, a very long one is cut and says so", () => {
  expect(show(new Uint8Array([0xff, 0xfe, 0x00]), "image/png").body).toBeNull();
  const long = show(`a=${"x".repeat(300_000)}`);
  expect([long.body?.length, long.isTruncated]).toEqual([262_144, true]);
});
