import { expect, test } from "bun:test";
import { createMetrikaClient } from "./client.ts";
import { logMeaningOf } from "./logs.ts";

function answering(body: string, status = 200) {
  const seen: [string, string][] = [];
  const client = createMetrikaClient({
    ...{ apiUrl: "https://metrika.example", loginUrl: "https://login.example" },
    async fetch(url, { method = "GET" }) {
      seen.push([method, url]);
      return new Response(status === 202 && body === "" ? null : body, { status });
    },
  });
  return { client, seen };
}

const wanted = {
  ...({ token: "y0_secret", counterId: 7, source: "visits" } as const),
  ...{ date1: "2026-11-01", date2: "2026-11-02", fields: ["ym:s:visitID", "ym:s:date"] },
};

test("the documented example is read, whichever way its source stands", async () => {
  const example = (source: string) =>
    `{"log_request":{"request_id":9223372036854775807,"counter_id":7,"source":${source},"date1":"2026-11-01",
     "date2":"2026-11-02","fields":["ym:s:visitID"],"status":"processed","size":12,
     "parts":[{"part_number":0,"size":12}],"attribution":"LASTSIGN"}}`;
  for (const source of ['"visits"', '["visits"]'])
    expect(await answering(example(source)).client.logs.get({ ...wanted, requestId: "1" })).toEqual({
      ...{ id: "9223372036854775807", counterId: 7, source: "visits", date1: "2026-11-01", date2: "2026-11-02" },
      ...{ fields: ["ym:s:visitID"], status: "processed", size: 12, attribution: "LASTSIGN" },
      parts: [{ number: 0, size: 12 }],
    });
});

test("everything that a log is asked for by stands in the query", async () => {
  const { client, seen } = answering("", 202);
  expect(await client.logs.create({ ...wanted, attribution: "LASTSIGN" })).toBeNull();
  const [method, url] = seen[0] ?? ["", ""];
  expect(method).toBe("POST");
  expect(new URL(url).pathname).toBe("/management/v1/counter/7/logrequests");
  expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
    ...{ source: "visits", date1: "2026-11-01", date2: "2026-11-02" },
    ...{ fields: "ym:s:visitID,ym:s:date", attribution: "LASTSIGN" },
  });
});

test("only an accepted request may be answered with nothing", async () => {
  await expect(answering("").client.logs.create(wanted)).rejects.toMatchObject({ kind: "invalid_answer" });
});

test("room for a negative number of days is read as it stands", async () => {
  const body = '{"log_request_evaluation":{"possible":false,"max_possible_day_quantity":-6}}';
  expect(await answering(body).client.logs.evaluate(wanted)).toEqual({ possible: false, maxDays: -6 });
});

test("a status says whether to wait, to download or to ask anew, and an unknown one says to wait", () => {
  expect(logMeaningOf("created")).toEqual({ outcome: "waiting", known: true });
  expect(logMeaningOf("awaiting_retry")).toEqual({ outcome: "waiting", known: true });
  expect(logMeaningOf("processed")).toEqual({ outcome: "ready", known: true });
  for (const status of ["canceled", "processing_failed", "cleaned_by_user", "cleaned_automatically_as_too_old"])
    expect(logMeaningOf(status)).toEqual({ outcome: "over", known: true });
  expect(logMeaningOf("constructor")).toEqual({ outcome: "waiting", known: false });
});
