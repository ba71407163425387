import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { filePath, prepareFilesFolder } from "./files-folder.ts";
import { exampleUpload } from "./upload-examples.ts";

test("a start removes the files of unfinished uploads and nobody else's", () => {
  const folder = mkdtempSync(`${tmpdir()}/files-folder-`);
  writeFileSync(filePath(folder, exampleUpload()), "half a file");
  for (const name of ["photo.jpg", "sales.csv"]) writeFileSync(`${folder}/${name}`, "somebody's");

  prepareFilesFolder(folder);

  expect(readdirSync(folder).sort()).toEqual(["photo.jpg", "sales.csv"]);
  rmSync(folder, { recursive: true });
});
