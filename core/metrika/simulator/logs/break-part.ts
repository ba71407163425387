import type { Fault } from "../faults.ts";
import { NetworkFailure } from "../network-failure.ts";

/** A fault that breaks a part. */
export type BrokenPart = Extract<Fault, { kind: "broken_part" }>;

/** The bytes of a part as a client meets them when it breaks. `size` is that of the whole part. */
export async function* breakPart(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  fault: BrokenPart,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const end = fault.how === "no_last_newline" ? size - 1 : (fault.afterBytes ?? Math.floor(size / 2));
  let bytes = 0;
  let isBroken = false;
  for await (const piece of pieces) {
    const left = end - bytes;
    bytes += piece.byteLength;
    if (fault.how === "no_header" && !isBroken) {
      isBroken = true;
      yield piece.subarray(piece.indexOf(LINE_FEED) + 1);
    } else if (isBroken || bytes <= end || fault.how === "no_header") {
      yield piece;
    } else if (fault.how === "wrong_columns") {
      const at = piece.indexOf(TAB, left);
      isBroken = at !== -1;
      yield isBroken ? Buffer.concat([piece.subarray(0, at), Buffer.from("\t"), piece.subarray(at)]) : piece;
    } else {
      const upTo = fault.how === "cut_between_rows" ? piece.lastIndexOf(LINE_FEED, left) + 1 : left;
      if (upTo > 0) yield piece.subarray(0, upTo);
      if (fault.how === "reset") throw new NetworkFailure("ECONNRESET");
      return;
    }
  }
}

const LINE_FEED = 0x0a;
const TAB = 0x09;
