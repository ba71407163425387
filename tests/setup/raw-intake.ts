import type { RawIntake } from "../../core/plugin/raw-intake.ts";
import { parseFormBody } from "../../gateway/http/read-form.ts";

/** A kept request as a plugin's `handle` gets it, its body read by the gateway's own reader. */
export function rawIntake(
  body: string,
  {
    type = "application/x-www-form-urlencoded",
    receivedAt = new Date(),
    query = "",
  }: { readonly type?: string; readonly receivedAt?: Date; readonly query?: string } = {},
): RawIntake {
  const bytes = new TextEncoder().encode(body);
  return {
    ...{ id: crypto.randomUUID(), receivedAt, attempt: 1, method: "POST", query: new URLSearchParams(query) },
    headers: new Headers({ "content-type": type }),
    raw: () => bytes,
    text: () => body,
    readForm: () => parseFormBody(bytes, type),
  };
}

/** A captured request of a sender, by its path in `tests/fixtures/senders`. */
export function sample(path: string): Promise<string> {
  return Bun.file(`${import.meta.dir}/../fixtures/senders/${path}`).text();
}
