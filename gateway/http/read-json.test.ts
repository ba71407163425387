import { expect, test } from "bun:test";
import { readJson } from "./read-json.ts";

const limits = { maxBytes: 1000, timeoutMs: 1000 };
const request = (body: BodyInit, type?: string) =>
  new Request("http://gateway/", { method: "POST", body, headers: type === undefined ? {} : { "content-type": type } });

for (const type of ["application/json", "Application/JSON; charset=UTF-8", "application/vnd.crm+json", "text/json"]) {
  test(`a body labelled ${type} is read`, async () => {
    expect(await readJson(request('{"a":1}', type), limits)).toEqual({ a: 1 });
  });
}

test("a body without a label is taken for JSON", async () => {
  expect(await readJson(request(new TextEncoder().encode("[1]")), limits)).toEqual([1]);
});

for (const type of ["application/x-www-form-urlencoded", "text/plain"]) {
  test(`JSON labelled ${type} is taken for what it is`, async () => {
    expect(await readJson(request('{"a":1}', type), limits)).toEqual({ a: 1 });
  });
}

for (const type of ["application/x-www-form-urlencoded", "text/xml", "multipart/form-data"]) {
  test(`another format labelled ${type} is refused for its type`, async () => {
    await expect(readJson(request("a=1&b=2", type), limits)).rejects.toMatchObject({ code: "unsupported_media_type" });
  });
}

test("what is not JSON is refused with its place", async () => {
  const refused = readJson(request("{a:1}", "application/json"), limits);
  await expect(refused).rejects.toMatchObject({ code: "malformed_json", params: { line: 1, column: 2 } });
});
