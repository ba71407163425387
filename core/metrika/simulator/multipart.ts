/** A body that is not the multipart message it claims to be. */
export class BrokenMultipart extends Error {}

/** The boundary that a content type names, or null when it is no `multipart/form-data`. */
export function boundaryIn(contentType: string | null): string | null {
  const match = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? "");
  return match?.[1] ?? match?.[2] ?? null;
}

// Part headers are a few lines; a message without a blank line must not fill the memory.
const MAX_HEADERS = 16 * 1024;

/**
 * Yields the content of the part with the given name as it arrives, and reads past all other parts.
 *
 * @throws {@link BrokenMultipart} at the end when there was no such part or no closing boundary. RFC 7578, RFC 2046.
 */
export async function* partContent(
  pieces: AsyncIterable<Uint8Array>,
  boundary: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter has no line break before it; lending it one makes it like the others.
  let held = Buffer.from("\r\n");
  let place: "outside" | "headers" | "wanted" | "end" = "outside";
  let seen = false;
  for await (const piece of pieces) {
    held = Buffer.concat([held, piece]);
    for (let moved = true; moved && place !== "end"; ) {
      moved = false;
      if (place === "headers") {
        const end = held.indexOf("\r\n\r\n");
        if (end < 0 && held.length > MAX_HEADERS) throw new BrokenMultipart("part headers without an end");
        if (end < 0) continue;
        place = !seen && nameIn(held.toString("utf8", 0, end)) === name ? "wanted" : "outside";
        seen ||= place === "wanted";
        // A part may be empty: its delimiter then begins with the line break that ends the headers.
        held = held.subarray(end + 2);
        if (!held.subarray(0, delimiter.length).equals(delimiter)) held = held.subarray(2);
        moved = true;
        continue;
      }
      const found = held.indexOf(delimiter);
      const content = found < 0 ? Math.max(0, held.length - delimiter.length) : found;
      if (place === "wanted" && content > 0) yield held.subarray(0, content);
      held = held.subarray(content);
      if (found < 0 || held.length < delimiter.length + 2) continue;
      const after = held.toString("latin1", delimiter.length, delimiter.length + 2);
      if (after !== "--" && after !== "\r\n")
        throw new BrokenMultipart("a boundary is followed by neither -- nor a line break");
      place = after === "--" ? "end" : "headers";
      held = after === "--" ? Buffer.alloc(0) : held.subarray(delimiter.length);
      moved = true;
    }
    if (place === "end") held = Buffer.alloc(0);
  }
  if (place !== "end") throw new BrokenMultipart("no closing boundary");
  if (!seen) throw new BrokenMultipart(`no part named ${name}`);
}

function nameIn(headers: string): string | null {
  const line = headers.split("\r\n").find((one) => /^content-disposition:/i.test(one));
  const match = /[;\s]name=(?:"([^"]*)"|([^\s;]+))/i.exec(line ?? "");
  return match?.[1] ?? match?.[2] ?? null;
}
