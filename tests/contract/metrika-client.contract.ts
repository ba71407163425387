import { beforeAll, describe, expect, test } from "bun:test";
import type { MetrikaClient } from "../../core/metrika/client.ts";
import { goalIdentifiers } from "../../core/metrika/goals.ts";
import { logMeaningOf } from "../../core/metrika/logs.ts";
import { uploadComment } from "../../core/metrika/offline-conversions.ts";
import { meaningOf } from "../../core/metrika/status.ts";

/** A Metrika to run the contract against: the simulator, or a real counter. */
export interface MetrikaUnderTest {
  readonly client: MetrikaClient;
  readonly token: string;
  readonly counterId: number;
  /** Whether a file may be uploaded; goals, counters and logs are made only where `mayCreate` says so. */
  readonly mayUpload: boolean;
  readonly mayCreate: boolean;
  /** Unix seconds a little in the past, by the clock of this Metrika. */
  pastSecond(): number;
}

/** What the gateway relies on, whatever stands behind the client. */
export function metrikaClientContract(name: string, setup: () => Promise<MetrikaUnderTest> | MetrikaUnderTest): void {
  describe(`the Metrika client against ${name}`, () => {
    let metrika: MetrikaUnderTest;
    let call: { readonly token: string; readonly counterId: number };
    beforeAll(async () => {
      metrika = await setup();
      call = { token: metrika.token, counterId: metrika.counterId };
    });

    test("the token's login has a name", async () => {
      expect((await metrika.client.login.get(call)).login).not.toBe("");
    });

    test("the counter is in the list and can be read by itself", async () => {
      const { counters, total } = await metrika.client.counters.list({
        token: call.token,
        search: String(call.counterId),
      });
      expect(total).toBeGreaterThanOrEqual(1);
      const counter = await metrika.client.counters.get(call);
      expect(counters.map((one) => one.id)).toContain(counter.id);
      expect(counter.id).toBe(call.counterId);
      if (counter.timeZoneName !== null) Temporal.Now.zonedDateTimeISO(counter.timeZoneName);
    });

    test("paging of counters begins at 1", async () => {
      const all = await metrika.client.counters.list({ token: call.token });
      const first = await metrika.client.counters.list({ token: call.token, offset: 1, perPage: 1 });
      expect(first.counters.map((one) => one.id)).toEqual(all.counters.slice(0, 1).map((one) => one.id));
    });

    test("the counter's goals can be read", async () => {
      const goals = await metrika.client.goals.list(call);
      for (const goal of goals) expect(goal.id).toMatch(/^\d+$/);
      expect(goalIdentifiers(goals).size).toBeLessThanOrEqual(goals.flatMap((goal) => goal.conditions).length);
    });

    test("uploadings can be listed from 0 and read by their id", async () => {
      const uploadings = await metrika.client.uploadings.list({ ...call, limit: 10, offset: 0 });
      const [first] = uploadings;
      if (first === undefined) return;
      const { id, comment } = await metrika.client.uploadings.get({ ...call, uploadingId: first.id });
      expect({ id, comment }).toEqual({ id: first.id, comment: first.comment });
    });

    test("an unknown uploading is not found", async () => {
      const unknown = metrika.client.uploadings.get({ ...call, uploadingId: "999999999999999" });
      await expect(unknown).rejects.toMatchObject({ kind: "not_found", bodyMayHaveArrived: false });
    });

    test("a wrong token is unauthorized", async () => {
      const wrong = metrika.client.goals.list({ ...call, token: "y0_this-token-does-not-exist" });
      await expect(wrong).rejects.toMatchObject({ kind: "unauthorized" });
    });

    test("a request that is given up ends as aborted", async () => {
      const caller = new AbortController();
      const goals = metrika.client.goals.list({ ...call, signal: caller.signal });
      caller.abort(new Error("stopping"));
      await expect(goals).rejects.toMatchObject({ kind: "aborted", cause: { message: "stopping" } });
    });

    test("an uploaded file has an id, its rows counted, and is found by its comment", async () => {
      if (!metrika.mayUpload) return;
      const comment = uploadComment(`contract${crypto.randomUUID()}`);
      const csv = `ClientId,Target,DateTime,Price,Currency\n1764012345678901234,metrika_gateway_contract,${metrika.pastSecond()},1.50,RUB\n`;
      const uploading = await metrika.client.uploadings.upload({ ...call, comment, file: fileOf(csv) });
      expect(uploading).toMatchObject({ sourceQuantity: 1, lineQuantity: 1 });
      expect(uploading.id).toMatch(/^\d+$/);
      expect(meaningOf(uploading.status).known).toBe(true);
      const listed = await metrika.client.uploadings.list(call);
      expect(listed.filter((one) => one.comment === comment).map((one) => one.id)).toEqual([uploading.id]);
    });

    test("a file without its required columns is rejected and nothing is kept", async () => {
      if (!metrika.mayUpload) return;
      const comment = uploadComment(`contract${crypto.randomUUID()}`);
      const upload = metrika.client.uploadings.upload({ ...call, comment, file: fileOf("ClientId,Price\n1,2\n") });
      await expect(upload).rejects.toMatchObject({ kind: "rejected", status: 400, bodyMayHaveArrived: false });
      const listed = await metrika.client.uploadings.list(call);
      expect(listed.some((one) => one.comment === comment)).toBe(false);
    });

    test("a file that breaks off on our side leaves nothing behind", async () => {
      if (!metrika.mayUpload) return;
      const comment = uploadComment(`contract${crypto.randomUUID()}`);
      const file = { size: 1000, chunks: () => fileOf("ClientId,Target,DateTime\n1,a,1\n").chunks() };
      const upload = metrika.client.uploadings.upload({ ...call, comment, file });
      await expect(upload).rejects.toMatchObject({ kind: "aborted", code: "metrika_file_size_mismatch" });
      const listed = await metrika.client.uploadings.list(call);
      expect(listed.some((one) => one.comment === comment)).toBe(false);
    });

    test("a lease that is lost stops the upload before its end", async () => {
      if (!metrika.mayUpload) return;
      const comment = uploadComment(`contract${crypto.randomUUID()}`);
      const onProgress = (bytes: number) => {
        if (bytes > 0) throw new Error("lease lost");
      };
      const csv = `ClientId,Target,DateTime\n1,a,${metrika.pastSecond()}\n`;
      const upload = metrika.client.uploadings.upload({ ...call, comment, file: fileOf(csv), onProgress });
      await expect(upload).rejects.toMatchObject({ kind: "aborted", cause: { message: "lease lost" } });
      const listed = await metrika.client.uploadings.list(call);
      expect(listed.some((one) => one.comment === comment)).toBe(false);
    });

    test("a report has a row for each visit, exact ids, and says whether it was sampled", async () => {
      const dimensions = ["ym:s:clientID", "ym:s:dateTime", "ym:s:pageViews", "ym:s:lastsignTrafficSource"];
      const asked = {
        ...call,
        dimensions,
        metrics: ["ym:s:visits"],
        date1: "7daysAgo",
        date2: "yesterday",
        sort: dimensions,
      };
      const report = await metrika.client.reports.get({ ...asked, limit: 5 });
      expect(report.rows.length).toBeLessThanOrEqual(5);
      expect(report.totalRows).toBeGreaterThanOrEqual(report.rows.length);
      expect(report.sampleShare).toBeGreaterThan(0);
      expect(report.sampled).toBe(report.sampleShare < 1);
      for (const { dimensions: values, metrics } of report.rows) {
        expect(values.map((value) => value.name)[0]).toMatch(/^\d+$/);
        expect(values[1]?.name).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
        expect(metrics).toHaveLength(1);
      }
      const next = await metrika.client.reports.get({ ...asked, limit: 2, offset: 3 });
      expect(next.rows.map((row) => row.dimensions)).toEqual(report.rows.slice(2, 4).map((row) => row.dimensions));
    });

    test("a report of an unknown dimension or metric is rejected", async () => {
      const asked = { ...call, date1: "yesterday", date2: "yesterday" };
      const dimension = metrika.client.reports.get({
        ...asked,
        dimensions: ["ym:s:visitID"],
        metrics: ["ym:s:visits"],
      });
      await expect(dimension).rejects.toMatchObject({ kind: "rejected", status: 400 });
      const metric = metrika.client.reports.get({ ...asked, dimensions: [], metrics: ["ym:s:nonsense"] });
      await expect(metric).rejects.toMatchObject({ kind: "rejected", status: 400 });
    });

    test("the room for a log is told, the current day has none, and logs can be listed", async () => {
      const { timeZoneName } = await metrika.client.counters.get(call);
      const today = Temporal.Now.plainDateISO(timeZoneName ?? "Europe/Moscow");
      const log = { ...call, source: "visits", fields: ["ym:s:visitID", "ym:s:dateTime"] } as const;
      const day = (date: Temporal.PlainDate) => ({ date1: date.toString(), date2: date.toString() });
      const { maxDays } = await metrika.client.logs.evaluate({ ...log, ...day(today.subtract({ days: 1 })) });
      expect(Number.isInteger(maxDays)).toBe(true);
      const current = metrika.client.logs.evaluate({ ...log, ...day(today) });
      await expect(current).rejects.toMatchObject({ kind: "rejected", status: 400 });
      for (const { id } of await metrika.client.logs.list(call)) expect(id).toMatch(/^\d+$/);
    });

    test("a log that is processed is downloaded whole and cleaned", async () => {
      if (!metrika.mayCreate) return;
      const date = Temporal.Now.plainDateISO("Europe/Moscow").subtract({ days: 2 }).toString();
      const fields = ["ym:s:visitID", "ym:s:clientID", "ym:s:dateTime", "ym:s:watchIDs", "ym:s:startURL"];
      const log = await metrika.client.logs.create({ ...call, source: "visits", date1: date, date2: date, fields });
      const ready = await metrika.client.logs.get({ ...call, requestId: log?.id ?? "" });
      expect(logMeaningOf(ready.status)).toEqual({ outcome: "ready", known: true });
      let bytes = 0;
      const sinkOf = () => ({
        write(piece: Uint8Array) {
          bytes += piece.length;
        },
      });
      const content = await metrika.client.logs.download({ token: call.token, log: ready, sinkOf });
      expect(content.bytes).toBe(bytes);
      expect(content.rows).toBeGreaterThan(0);
      const cleaned = await metrika.client.logs.clean({ ...call, requestId: ready.id });
      expect(logMeaningOf(cleaned.status).outcome).toBe("over");
    });

    test("a new goal can be reached by offline conversions", async () => {
      if (!metrika.mayCreate) return;
      const identifier = `contract_${crypto.randomUUID()}`;
      const goal = await metrika.client.goals.create({ ...call, goal: { name: "Проверка", identifier } });
      expect(goal).toMatchObject({
        name: "Проверка",
        type: "action",
        conditions: [{ type: "exact", url: identifier }],
      });
      expect(goalIdentifiers(await metrika.client.goals.list(call))).toContain(identifier);
    });

    test("a new counter belongs to the token's login", async () => {
      if (!metrika.mayCreate) return;
      const counter = await metrika.client.counters.create({
        ...call,
        counter: { name: "Новый", site: "example.com" },
      });
      expect(counter).toMatchObject({ name: "Новый", site: "example.com", permission: "own", writable: true });
    });
  });
}

function fileOf(csv: string): { readonly size: number; readonly chunks: () => ReadableStream<Uint8Array> } {
  const bytes = new TextEncoder().encode(csv);
  return { size: bytes.length, chunks: () => new Blob([bytes]).stream() };
}
