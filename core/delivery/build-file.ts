import { open, rm } from "node:fs/promises";
import { csvHeader, csvRow } from "../conversion/csv.ts";
import type { UploadFile } from "../metrika/multipart-file.ts";
import type { UploadRecord } from "../store/store.ts";
import type { DeliveryDeps } from "./deps.ts";
import { filePath } from "./files-folder.ts";

/** Lines read from the database at once. */
const PAGE_ROWS = 1000;
const CHUNK_BYTES = 256 * 1024;

/** A CSV file on disk, ready to be streamed to Metrika. */
export interface BuiltFile extends UploadFile {
  readonly rows: number;
  remove(): Promise<void>;
}

/**
 * Writes the file of an upload page by page, so that a million rows need no more memory than one page. The same upload
 * always gives the same lines, which makes sending it again harmless.
 * @param onPage called after each page, to renew the lease
 */
export async function buildFile(
  deps: DeliveryDeps,
  upload: UploadRecord,
  onPage: () => Promise<void>,
): Promise<BuiltFile> {
  const path = filePath(deps.filesFolder, upload);
  const file = await open(path, "w", 0o600);
  let rows = 0;
  let size = 0;
  const write = async (text: string) => {
    size += (await file.write(text)).bytesWritten;
  };
  try {
    await write(csvHeader());
    let since = performance.now();
    for await (const page of deps.store.uploads.lines(upload.id, PAGE_ROWS)) {
      rows += page.length;
      await write(page.map((line) => csvRow(line.conversion, line.identifiers)).join(""));
      await onPage();
      await deps.breathe(since);
      since = performance.now();
    }
  } finally {
    await file.close();
  }
  return {
    rows,
    size,
    chunks: () => readChunks(path),
    remove: () => rm(path, { force: true }),
  };
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
