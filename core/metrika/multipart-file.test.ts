import { expect, test } from "bun:test";
import { multipartFile } from "./multipart-file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString();
}

async function* parts(...texts: string[]) {
  for (const text of texts) yield bytes(text);
}

test("a file becomes one part named file, with a file name, text/csv and the announced length", async () => {
  const body = multipartFile({ size: 7, chunks: () => parts("Имя", "", "\n") }, "b0undary");
  const text = await textOf(body.chunks);
  expect(text).toBe(
    '--b0undary\r\nContent-Disposition: form-data; name="file"; filename="data.csv"\r\n' +
      "Content-Type: text/csv\r\n\r\nИмя\n\r\n--b0undary--\r\n",
  );
  expect(body.length).toBe(bytes(text).length);
  expect(body.contentType).toBe("multipart/form-data; boundary=b0undary");
  const parsed = await new Response(text, { headers: { "content-type": body.contentType } }).formData();
  expect(await (parsed.get("file") as File).text()).toBe("Имя\n");
});

test("progress is told before each piece, and a throw ends the upload", async () => {
  const told: number[] = [];
  const file = { size: 6, chunks: () => parts("abc", "def") };
  await textOf(multipartFile(file, "b", (sent) => void told.push(sent)).chunks);
  expect(told).toEqual([0, 0, 3, 6]);
  const lost = multipartFile(file, "b", (sent) => {
    if (sent === 3) throw new Error("lease lost");
  });
  await expect(textOf(lost.chunks)).rejects.toThrow("lease lost");
});

test("a file shorter or longer than announced is broken off before its end is sent", async () => {
  for (const size of [5, 7]) {
    const body = multipartFile({ size, chunks: () => parts("abc", "def") }, "b");
    await expect(textOf(body.chunks)).rejects.toMatchObject({ code: "metrika_file_size_mismatch", kind: "aborted" });
  }
});

test("a ReadableStream will do as well", async () => {
  const stream = () => new Response("abc").body as ReadableStream<Uint8Array>;
  expect(await textOf(multipartFile({ size: 3, chunks: stream }, "b").chunks)).toContain("\r\n\r\nabc\r\n--b--");
});
