import { expect, test } from "bun:test";
import fc from "fast-check";
import { createMetrikaClient } from "./client.ts";

const FIELDS = ["ym:s:visitID", "ym:s:startURL"];
const HEADER = "ym:s:visitID\tym:s:startURL\n";

/** Downloads a part that arrives in these pieces. */
function download(pieces: readonly (string | Uint8Array)[], headers: Record<string, string> = {}, size?: number) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  const hosts = { apiUrl: "https://metrika.example", loginUrl: "https://login.example" };
  const client = createMetrikaClient({ ...hosts, fetch: async () => new Response(body, { headers }) });
  const one = { token: "y0_secret", counterId: 1, requestId: "2", part: 0, fields: FIELDS, size, sink: { write() {} } };
  return client.logs.downloadPart(one);
}

const broken = { kind: "invalid_answer", code: "metrika_log_part_broken" };

test("a whole part is counted by its rows and bytes", async () => {
  expect(await download([`${HEADER}1\t/\n2\t/\\t\n`])).toEqual({ rows: 2, bytes: HEADER.length + 10 });
  expect(await download([HEADER])).toEqual({ rows: 0, bytes: HEADER.length });
});

test("for every way of cutting it into pieces a part is read alike", async () => {
  const text = new TextEncoder().encode(`${HEADER}18446744073709551615\tпоиск\n2\t\n`);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length })), async (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), text.length];
      const pieces = cuts.slice(1).map((end, at) => text.subarray(cuts[at], end));
      expect(await download(pieces)).toEqual({ rows: 2, bytes: text.length });
    }),
  );
});

test("a part that is not whole is named as such, with what is wrong", async () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [[`${HEADER}1\t/`], "it ends within row 1"],
    [[`${HEADER}1\t/\n2\t/`, "a"], "it ends within row 2"],
    [[`${HEADER}1\n`], "row 1 has 1 columns instead of 2"],
    [[`${HEADER}1\t/\t\n`], "row 1 has 3 columns instead of 2"],
    [["1\t/\n"], "its first line does not name the columns"],
    [["ym:s:visitID\n"], "its first line does not name the columns"],
    [["ym:s:vis"], "it ends within its first line"],
    [[], "it ends within its first line"],
  ];
  for (const [pieces, what] of wrong)
    await expect(download(pieces)).rejects.toMatchObject({ ...broken, message: expect.stringContaining(what) });
});

test("a part that ends between two rows is found out by its announced length", async () => {
  const whole = `${HEADER}1\t/\n`;
  const longer = { "content-length": String(whole.length + 4) };
  await expect(download([whole], longer)).rejects.toMatchObject(broken);
  await expect(download([whole], {}, whole.length + 4)).rejects.toMatchObject(broken);
  expect(await download([whole], { ...longer, "content-encoding": "identity" })).toMatchObject({ rows: 1 });
});
