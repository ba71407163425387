import { expect, test } from "bun:test";
import fc from "fast-check";
import { boundaryIn, partContent } from "./multipart.ts";

async function content(pieces: readonly Uint8Array[], name = "file"): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of partContent(
    (async function* () {
      yield* pieces;
    })(),
    "b0",
    name,
  ))
    parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

function message(...parts: readonly (readonly [name: string, content: string])[]): string {
  const body = parts.map(
    ([name, text]) => `--b0\r\nContent-Disposition: form-data; name="${name}"; filename="x"\r\n\r\n${text}\r\n`,
  );
  return `${body.join("")}--b0--\r\n`;
}

test("for every way of cutting a message into pieces the part is the same", async () => {
  const text = fc
    .string({ unit: fc.constantFrom("a", "\r", "\n", "-", "b", "0", "ж") })
    .filter((it) => !`\r\n${it}`.includes("\r\n--b0"));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(200), { maxLength: 8 }), async (file, cuts) => {
      const bytes = Buffer.from(message(["other", "x,y"], ["file", file]));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(await content(pieces)).toBe(file);
    }),
    { numRuns: 200 },
  );
});

test("the message that FormData makes is read", async () => {
  const form = new FormData();
  form.set("note", "hello");
  form.set("file", new Blob(["a,b\n1,2\n"], { type: "text/csv" }), "data.csv");
  const response = new Response(form);
  const boundary = boundaryIn(response.headers.get("content-type"));
  const pieces = partContent(
    (async function* () {
      yield await response.bytes();
    })(),
    boundary as string,
    "file",
  );
  expect(await new Response(pieces as unknown as ReadableStream).text()).toBe("a,b\n1,2\n");
});

test("a message without the part, or without an end, is refused", async () => {
  const bytes = (text: string) => [Buffer.from(text)];
  await expect(content(bytes(message(["data", "x"])))).rejects.toThrow("no part named file");
  await expect(content(bytes(message(["file", "x"]).slice(0, -8)))).rejects.toThrow("no closing boundary");
  await expect(content(bytes("ClientId,Target,DateTime\n1,a,2\n"))).rejects.toThrow("no closing boundary");
  await expect(content(bytes(`--b0\r\n${"x".repeat(20_000)}`))).rejects.toThrow("without an end");
});

test("a boundary is found with and without quotes, and only in multipart/form-data", () => {
  expect(boundaryIn('multipart/form-data; boundary="a b"')).toBe("a b");
  expect(boundaryIn("multipart/form-data; charset=utf-8; boundary=ab")).toBe("ab");
  expect(boundaryIn("text/csv")).toBeNull();
  expect(boundaryIn(null)).toBeNull();
});
