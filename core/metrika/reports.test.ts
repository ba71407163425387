import { expect, test } from "bun:test";
import { createMetrikaClient } from "./client.ts";

function answering(...bodies: readonly string[]) {
  const urls: URL[] = [];
  const client = createMetrikaClient({
    ...{ apiUrl: "https://metrika.example", loginUrl: "https://login.example" },
    async fetch(url) {
      urls.push(new URL(url));
      return new Response(bodies[urls.length - 1] ?? bodies.at(-1));
    },
  });
  return { client, urls };
}

const wanted = {
  ...{ token: "y0_secret", counterId: 7, dimensions: ["ym:s:clientID", "ym:s:dateTime"], metrics: ["ym:s:visits"] },
  ...{ date1: "2026-11-22", date2: "2026-11-22" },
};

test("a report keeps ids exact and numbers of any spelling, and tells what sampling left", async () => {
  const { client } = answering(`{"query":{},"data":[
    {"dimensions":[{"name":17928708180150978941},{"name":"2026-11-22 10:00:00","id":null}],"metrics":[0.10000000000000001,null]},
    {"dimensions":[{"name":null},{"name":"x","id":9223372036854775808}],"metrics":[1e3,12345678901234567890]}],
    "total_rows":2,"total_rows_rounded":false,"sampled":true,"contains_sensitive_data":false,"sample_share":0.1,
    "sample_size":120,"sample_space":1200,"data_lag":61,"totals":[3,null],"min":[1],"max":[2]}`);
  const report = await client.reports.get(wanted);
  expect(report.rows[0]).toEqual({
    dimensions: [
      { name: "17928708180150978941", id: null },
      { name: "2026-11-22 10:00:00", id: null },
    ],
    metrics: [0.1, null],
  });
  expect(report.rows[1]?.dimensions[1]?.id).toBe("9223372036854775808");
  expect(report).toMatchObject({ sampled: true, sampleShare: 0.1, sampleSize: 120, sampleSpace: 1200 });
  expect(report).toMatchObject({ totalRows: 2, totals: [3, null], dataLagSeconds: 61 });
});

test("a share below one is sampling, whatever the flag says", async () => {
  const { client } = answering('{"data":[],"total_rows":0,"sampled":false,"sample_share":0.99,"totals":[]}');
  expect(await client.reports.get(wanted)).toMatchObject({ sampled: true, containsSensitiveData: false });
});

test("an answer that does not tell whether it is sampled cannot be read", async () => {
  const { client } = answering('{"data":[],"total_rows":0}');
  await expect(client.reports.get(wanted)).rejects.toMatchObject({ kind: "invalid_answer" });
});

test("a report is asked for in full unless less will do", async () => {
  const { client, urls } = answering('{"data":[],"total_rows":0,"sampled":false,"sample_share":1,"totals":[]}');
  await client.reports.get({ ...wanted, filters: "ym:s:isRobot=='No'", timezone: "+03:00", sort: ["-ym:s:visits"] });
  expect(Object.fromEntries(urls[0]?.searchParams ?? [])).toEqual({
    ...{ ids: "7", dimensions: "ym:s:clientID,ym:s:dateTime", metrics: "ym:s:visits", accuracy: "full" },
    ...{ date1: "2026-11-22", date2: "2026-11-22", filters: "ym:s:isRobot=='No'" },
    ...{ timezone: "+03:00", sort: "-ym:s:visits" },
  });
  expect(urls[0]?.search).toContain("timezone=%2B03%3A00");
  await client.reports.get({ ...wanted, accuracy: "low", includeUndefined: true, dimensions: [] });
  expect(urls[1]?.searchParams.get("accuracy")).toBe("low");
  expect(urls[1]?.searchParams.get("include_undefined")).toBe("true");
  expect(urls[1]?.searchParams.has("dimensions")).toBe(false);
});

const page = (rows: number, total: number, rounded = false) =>
  JSON.stringify({
    data: Array.from({ length: rows }, () => ({ dimensions: [], metrics: [1] })),
    ...{ total_rows: total, total_rows_rounded: rounded, sampled: false, sample_share: 1 },
  });

test("pages end with the last row, or with a short page where the total is rounded", async () => {
  const exact = answering(page(2, 4), page(2, 4));
  expect(await Array.fromAsync(exact.client.reports.pages({ ...wanted, limit: 2 }))).toHaveLength(2);
  expect(exact.urls.map((url) => url.searchParams.get("offset"))).toEqual(["1", "3"]);
  const rounded = answering(page(2, 1, true), page(1, 1, true));
  expect(await Array.fromAsync(rounded.client.reports.pages({ ...wanted, limit: 2 }))).toHaveLength(2);
  const shrunk = answering(page(2, 9), page(0, 9));
  expect(await Array.fromAsync(shrunk.client.reports.pages({ ...wanted, limit: 2 }))).toHaveLength(2);
});
