import { expect, test } from "bun:test";
import { readJson, readJsonText } from "./read-json.ts";

const limits = { maxBytes: 1000, timeoutMs: 1000 };
const roomy = { ...limits, maxBytes: 1_000_000 };
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

for (const size of ["small", "large"]) {
  const padding = size === "small" ? "" : " ".repeat(600_000);
  const label = "application/json";

  test(`a ${size} body is given as value and text, without its byte-order mark`, async () => {
    const text = `{"conversions":[1,{"a":"я"}]}${padding}`;
    const { value, text: textOf } = await readJsonText(request(`\uFEFF${text}`).bytes(), label);
    expect(value).toEqual({ conversions: [1, { a: "я" }] });
    expect(textOf()).toBe(text);
  });

  test(`a ${size} body that is not UTF-8 is refused, whatever its label`, async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Uint8Array.of(0xcf), Buffer.from(`"}${padding}`)]);
    for (const type of [label, "text/plain"])
      await expect(readJson(request(bytes, type), roomy)).rejects.toMatchObject({ code: "invalid_encoding" });
  });

  test(`a ${size} form is refused for its type`, async () => {
    const form = request(`a=1&b=2${padding}`, "application/x-www-form-urlencoded");
    await expect(readJson(form, roomy)).rejects.toMatchObject({ code: "unsupported_media_type" });
  });
}
