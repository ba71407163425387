import { expect, test } from "bun:test";
import { parseFormBody } from "./read-form.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (text: string, type: string | null = null) => parseFormBody(bytesOf(text), type);
const plain = async (form: Promise<unknown>) => JSON.parse(JSON.stringify(await form));

test("a body is a form or JSON by what it is, whatever it is called", async () => {
  for (const type of [null, "", "application/x-www-form-urlencoded; charset=UTF-8", "text/plain"]) {
    expect(await plain(read("a[0]=1&b=2", type))).toEqual({ a: ["1"], b: "2" });
    expect(await plain(read('{"a":[1]}', type))).toEqual({ a: [1] });
    expect(await plain(read(' \n[{"a":1}]', type))).toEqual([{ a: 1 }]);
    expect(await plain(read('\uFEFF{"a":1}', type))).toEqual({ a: 1 });
  }
});

test("long ids in JSON lose no digit", async () => {
  expect(await read('{"client_id":1770146617335078468}')).toEqual({ client_id: "1770146617335078468" });
});

test("what is called JSON is read as such, and its fault is named", async () => {
  await expect(read("a=1", "application/json")).rejects.toMatchObject({ code: "malformed_json" });
  await expect(read('{"a":', "application/x-www-form-urlencoded")).rejects.toMatchObject({ code: "malformed_json" });
});

test("another format is refused for its type", async () => {
  for (const type of ["multipart/form-data; boundary=x", "application/xml", "text/xml"])
    await expect(read("<a>1</a>", type)).rejects.toMatchObject({ code: "malformed_form" });
});

test("bytes that are no UTF-8 are refused", async () => {
  const bytes = new Uint8Array([0x61, 0x3d, 0xcf, 0xf0]);
  await expect(parseFormBody(bytes, null)).rejects.toMatchObject({ code: "invalid_encoding", params: { offset: 2 } });
});

test("too many names that are indexes are refused before they take their memory, however they are spelled", async () => {
  const objects = (name: string, count: number) => `[${Array.from({ length: count }, () => `{${name}:1}`).join()}]`;
  await expect(read(objects('"999"', 5001))).rejects.toMatchObject({ code: "malformed_form" });
  await expect(read(objects('"\\u0039\\u00399" ', 5001))).rejects.toMatchObject({ code: "malformed_form" });
  expect(await read(objects('"999"', 1000))).toHaveLength(1000);
});
