const QUOTE = 34;
const BACKSLASH = 92;

/**
 * The offset of the first bracket that opens more than `most` levels, or null. Reads the text, not the parsed value: Bun's
 * parser takes a gigabyte and seconds of everybody's time for some megabytes of opening brackets (measured: 60 MB of "[",
 * 10 s and 4.8 GB), which gzip sends in 60 KB.
 *
 * For a text that is not JSON the answer means nothing more than that parsing it is, or is not, too dear.
 */
export function firstTooDeep(text: string, most: number): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at === -1) return null;
    } else if ((code | 0x20) === 0x7b) {
      // [ and { differ in this bit alone, and so do ] and }.
      depth++;
      if (depth > most) return at;
    } else if ((code | 0x20) === 0x7d) depth--;
  }
  return null;
}

/** Where the string that begins at `from` ends; -1 when it does not. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}
