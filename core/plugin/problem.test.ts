import { expect, test } from "bun:test";
import { blanksOf } from "../language.ts";
import { ProblemError, problemDocument, problemResponse, retryLater } from "./problem.ts";
import { type ProblemCode, problemCatalogue } from "./problem-catalogue.ts";

const reader = { language: "en", requestId: "req-1" } as const;
const codes = Object.keys(problemCatalogue) as ProblemCode[];

test("every problem reads whole in both languages, its blanks being the same in each", () => {
  for (const code of codes) {
    const { status, title, detail } = problemCatalogue[code];
    expect(status).toBeWithin(400, 600);
    expect(blanksOf(detail.ru).sort()).toEqual(blanksOf(detail.en).sort());
    expect(title.ru).toMatch(/[а-яё]/i);
    expect(detail.ru).toMatch(/[а-яё]/i);
    expect(`${title.en} ${detail.en}`).not.toMatch(/[а-яё]/i);
    const params = Object.fromEntries(blanksOf(detail.en).map((name) => [name, "value"]));
    for (const language of ["ru", "en"] as const) {
      const document = problemDocument(new ProblemError(code, params), { language, requestId: "req-1" });
      expect(document).toMatchObject({ code, status, title: title[language], request_id: "req-1" });
      expect(blanksOf(document.detail as string)).toEqual([]);
      expect(document.type).toBe(`urn:metrika-gateway:problem:${code}`);
    }
  }
});

test("a problem is answered as a problem document with its status, headers and further members", async () => {
  const error = new ProblemError("all_rejected", { rejected_count: 2 }, { members: { batch_id: "b-1" } });
  const response = problemResponse(error, reader);
  expect(response.status).toBe(422);
  expect(response.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(response.headers.get("content-language")).toBe("en");
  expect(await response.json()).toEqual({
    type: "urn:metrika-gateway:problem:all_rejected",
    title: "No conversion accepted",
    status: 422,
    detail:
      "All rows of the request were refused (2). The reason for each is in rejections; mend them and send them again.",
    code: "all_rejected",
    request_id: "req-1",
    batch_id: "b-1",
  });
});

test("members and parameters may speak the reader's language", () => {
  const error = new ProblemError(
    "malformed_json",
    { line: 1, column: 2, cause: { ru: "Причина.", en: "Cause." } },
    { members: (language) => ({ errors: [language] }) },
  );
  expect(problemDocument(error, reader)).toMatchObject({ errors: ["en"], detail: expect.stringContaining("Cause.") });
  expect(problemDocument(error, { ...reader, language: "ru" })).toMatchObject({
    errors: ["ru"],
    detail: expect.stringContaining("Причина."),
  });
});

test("a member cannot replace the standard ones", () => {
  const error = new ProblemError("not_found", { path: "/x" }, { members: { status: 200, code: "fine" } });
  expect(problemDocument(error, reader)).toMatchObject({ status: 404, code: "not_found" });
});

test("a refusal for now says when to come back, and a refusal for want of a key says which scheme", () => {
  const later = problemResponse(retryLater("overloaded", 2), reader);
  expect([later.status, later.headers.get("retry-after")]).toEqual([503, "2"]);
  const unauthorized = problemResponse(new ProblemError("unauthorized"), reader);
  expect(unauthorized.headers.get("www-authenticate")).toStartWith("Bearer");
});
