import { expect, test } from "bun:test";
import fc from "fast-check";
import { ProblemError, problemDocument } from "../../core/plugin/problem.ts";
import { cpuMs } from "../../tests/setup/cpu-time.ts";
import { decodeUtf8 } from "./utf8.ts";

function faultOf(bytes: Uint8Array): { readonly offset: unknown; readonly detail: string } {
  try {
    decodeUtf8(bytes);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { detail } = problemDocument(error, { language: "en", requestId: "r" });
    return { offset: error.params.offset, detail: String(detail) };
  }
  return { offset: null, detail: "" };
}

/** Encodes Russian letters as Windows-1251 does. */
const windows1251 = (text: string) =>
  Uint8Array.from(text, (letter) => {
    const code = letter.codePointAt(0) as number;
    return code < 0x80 ? code : code - 0x350;
  });

/** The first fault, found the slow way: the shortest prefix after which no continuation makes the text valid. */
function slowOffset(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;
  while (at < bytes.length) {
    const length = [1, 2, 3, 4].find((size) => {
      if (at + size > bytes.length) return false;
      try {
        return decoder.decode(bytes.subarray(at, at + size)) !== undefined;
      } catch {
        return false;
      }
    });
    if (length === undefined) return at;
    at += length;
  }
  return at;
}

test("for every text, its bytes decode to the same text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!text.startsWith("\uFEFF") && text.isWellFormed());
      expect(decodeUtf8(Buffer.from(text))).toBe(text);
    }),
  );
});

test("a byte-order mark in front is dropped", () => {
  expect(decodeUtf8(Buffer.from('\uFEFF{"a":1}'))).toBe('{"a":1}');
});

test("for every text with foreign bytes in it, the offset of the first fault is named", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      fc.string(),
      (a, junk, b) => {
        const bytes = Buffer.concat([Buffer.from(a), junk, Buffer.from(b)]);
        const expected = slowOffset(bytes);
        expect(faultOf(bytes).offset).toBe(expected === bytes.length ? null : expected);
      },
    ),
    { numRuns: 500 },
  );
});

test("a text cut inside its last letter is refused at that letter", () => {
  expect(faultOf(Buffer.from("заказ").subarray(0, 9)).offset).toBe(8);
});

test("Windows-1251, as 1C sends it, is named with its mend", () => {
  const { offset, detail } = faultOf(windows1251('{"target":"Покупка товара"}'));
  expect(offset).toBe(11);
  expect(detail).toContain("Windows-1251");
});

test("UTF-16 and compressed bytes are told apart", () => {
  expect(faultOf(Buffer.from('\uFEFF{"a":1}', "utf16le")).detail).toContain("UTF-16");
  expect(faultOf(Bun.gzipSync(Buffer.from("{}"))).detail).toContain("Content-Encoding: gzip");
});

test("the fault in 32 MB is found in a moment", () => {
  const bytes = Buffer.alloc(32 * 1024 * 1024, "ж");
  bytes[bytes.length - 3] = 0xff;
  const start = cpuMs();
  expect(faultOf(bytes).offset).toBe(bytes.length - 4);
  expect(cpuMs() - start).toBeLessThan(2000);
});
