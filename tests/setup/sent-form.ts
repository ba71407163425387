import { type SentRequest, sentRequest } from "metrika-gateway/plugin/testing";

/** A form as a plugin's `handle` gets it. */
export const sentForm = (body: string, more: Partial<SentRequest> = {}) =>
  sentRequest({ body, type: "application/x-www-form-urlencoded", ...more });

/** A captured request of a sender, by its path in `tests/fixtures/senders`. */
export function sample(path: string): Promise<string> {
  return Bun.file(`${import.meta.dir}/../fixtures/senders/${path}`).text();
}
