import { isUtf8 } from "node:buffer";
import type { Localized } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";

// `fatal` refuses what a lenient decoder would turn into U+FFFD unnoticed; a byte-order mark in front is dropped.
const decoder = new TextDecoder("utf-8", { fatal: true });

const likelyEncodings = {
  utf16: {
    ru: "Похоже на UTF-16: сохраните текст в UTF-8.",
    en: "It looks like UTF-16: save the text as UTF-8.",
  },
  windows1251: {
    ru: "Похоже на Windows-1251, как часто бывает при отправке из 1С: перекодируйте текст в UTF-8 (в 1С — КодировкаТекста.UTF8).",
    en: "It looks like Windows-1251, as often sent from 1C: convert the text to UTF-8 (in 1C: КодировкаТекста.UTF8).",
  },
  unknown: {
    ru: "Перекодируйте текст в UTF-8; если он сжат, передайте «Content-Encoding: gzip».",
    en: 'Convert the text to UTF-8; if it is compressed, send "Content-Encoding: gzip".',
  },
} satisfies Record<string, Localized>;

/**
 * Decodes a body's bytes as UTF-8, never replacing anything.
 * @throws {ProblemError} `invalid_encoding` with the offset (from 0) of the first byte that cannot stand where it does.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const offset = firstInvalidByte(bytes);
    throw new ProblemError("invalid_encoding", { offset, likely: likelyEncodings[guess(bytes)] }, { cause });
  }
}

/** The offset of the first fault. Halving with the built-in check keeps 64 MB at some milliseconds. */
function firstInvalidByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = characterStart(bytes, (good + bad) >> 1);
    if (middle <= good) break;
    if (isUtf8(bytes.subarray(good, middle))) good = middle;
    else bad = middle;
  }
  while (good < bad) {
    const end = good + characterLength(bytes[good] as number);
    if (end > bytes.length || !isUtf8(bytes.subarray(good, end))) return good;
    good = end;
  }
  return good;
}

/** The nearest place at or before `at` where a character may begin, at most three bytes back. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > at - 3 && start > 0 && ((bytes[start] as number) & 0xc0) === 0x80) start--;
  return start;
}

function characterLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function guess(bytes: Uint8Array): keyof typeof likelyEncodings {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return "utf16";
  let high = 0;
  let letters = 0;
  for (const byte of bytes.subarray(0, 65_536)) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return "unknown";
    if (byte < 0x80) continue;
    high++;
    // А–я, Ё and ё in Windows-1251: https://encoding.spec.whatwg.org/windows-1251.html
    if (byte >= 0xc0 || byte === 0xa8 || byte === 0xb8) letters++;
  }
  return letters > high * 0.8 ? "windows1251" : "unknown";
}
