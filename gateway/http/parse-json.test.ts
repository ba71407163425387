import { expect, test } from "bun:test";
import { ProblemError, problemDocument } from "../../core/plugin/problem.ts";
import { parseJson } from "./parse-json.ts";

function detailOf(text: string, language: "ru" | "en" = "en", parse?: (text: string) => unknown): string {
  try {
    parseJson(text, parse);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.code).toBe("malformed_json");
    return String(problemDocument(error, { language, requestId: "r" }).detail);
  }
  return "no fault";
}

test("JSON is parsed, with a parser of one's own if given", () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(parseJson("1", (text) => `own ${text}`)).toBe("own 1");
});

test("a fault is named with its place, cause and mend in the reader's language", () => {
  expect(detailOf('{\n  "price": 1500,50\n}')).toBe(
    "The body is not JSON: line 2, column 17. A decimal point separates the fraction of a number: 1500.50, not 1500,50.",
  );
  expect(detailOf("", "ru")).toContain("Тело запроса пустое");
});

test("deep nesting is refused at its place, before any parser meets it", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const never = (): unknown => {
    throw new Error("The parser was asked.");
  };
  expect(detailOf(nested(64))).toBe("no fault");
  expect(detailOf(`\n ${nested(65)}`, "en", never)).toBe(
    "The body is not JSON: line 2, column 66. There are too many levels of nesting.",
  );
  expect(detailOf("[".repeat(10_000_000), "en", never)).toContain("too many levels");
  expect(detailOf(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, "en", never)).toContain("too many levels");
});

test("names that mean something to JavaScript are plain data", () => {
  const parsed = parseJson('{"__proto__":{"admin":true},"constructor":1}') as Record<string, unknown>;
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).admin).toBeUndefined();
});

test("a fault of the parser itself is not blamed on the sender", () => {
  const broken = () => {
    throw new TypeError("bug");
  };
  expect(() => parseJson("1", broken)).toThrow(TypeError);
});
