import { expect, test } from "bun:test";
import { prepareBatchCounts } from "./batch-counts.ts";
import { openSqlite } from "./open.ts";

test("the batches of a file are found by its index, which leaves out those that only repeat what a completed file holds", () => {
  const { sqlite, close } = openSqlite(":memory:");
  const counts = prepareBatchCounts(sqlite);
  counts.addToUpload(1, 7, 3, 0);
  counts.addToUpload(2, 7, 0, 1);
  counts.addToCompleted(3, 7, 2);
  const found = (where: string) =>
    sqlite
      .query<{ batch_id: number }, []>(
        `select batch_id from batch_uploads indexed by batch_uploads_of_upload where upload_id = 7 and ${where}`,
      )
      .all()
      .map((row) => row.batch_id);
  expect(found("(rows > 0 or completed = 0)")).toEqual([1, 2]);
  expect(found("rows > 0")).toEqual([1]);
  // A row may join a completed file's batch no more, but if it did it would be found.
  counts.addToUpload(3, 7, 1, 0);
  expect(found("rows > 0")).toEqual([1, 3]);
  expect(
    sqlite.query("select rows, duplicates from batch_uploads where upload_id = 7 order by batch_id").values(),
  ).toEqual([
    [3, 0],
    [0, 1],
    [1, 2],
  ]);
  close();
});
