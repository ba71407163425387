import { MetrikaError } from "./errors.ts";

/** A file whose exact size is known before its first byte is read. */
export interface UploadFile {
  /** Bytes. */
  readonly size: number;
  /** Called once, when the connection stands; yields the file in pieces of any length. */
  readonly chunks: () => AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
}

/** A multipart body with the single part `file`. */
export interface MultipartFile {
  readonly contentType: string;
  /** Bytes of the whole body, for the content-length header. */
  readonly length: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Called before each piece with the bytes of the file handed over so far; a throw ends the upload. */
export type OnProgress = (bytes: number) => void | Promise<void>;

/**
 * Wraps a file as Metrika asks for it: `multipart/form-data`, one part `file` with a file name and `text/csv`.
 * https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1
 *
 * FormData with a Blob would say the same, but holds the whole body in memory (700 MB for a million rows, measured).
 *
 * @param boundary must not occur in the file: random letters and digits.
 */
export function multipartFile(file: UploadFile, boundary: string, onProgress?: OnProgress): MultipartFile {
  const encoder = new TextEncoder();
  const head = encoder.encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="data.csv"\r\nContent-Type: text/csv\r\n\r\n`,
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: head.byteLength + file.size + tail.byteLength,
    chunks: pieces(file, head, tail, onProgress),
  };
}

async function* pieces(
  file: UploadFile,
  head: Uint8Array,
  tail: Uint8Array,
  onProgress: OnProgress | undefined,
): AsyncGenerator<Uint8Array> {
  await onProgress?.(0);
  yield head;
  let bytes = 0;
  for await (const chunk of iterable(file.chunks())) {
    await onProgress?.(bytes);
    bytes += chunk.byteLength;
    if (bytes > file.size) throw sizeMismatch(file.size, bytes);
    if (chunk.byteLength > 0) yield chunk;
  }
  if (bytes < file.size) throw sizeMismatch(file.size, bytes);
  await onProgress?.(bytes);
  yield tail;
}

function iterable(chunks: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  return chunks as AsyncIterable<Uint8Array>;
}

function sizeMismatch(expected: number, met: number): MetrikaError {
  return new MetrikaError(`The file was announced with ${expected} bytes and has ${met > expected ? "more" : met}`, {
    kind: "aborted",
    code: "metrika_file_size_mismatch",
    // Metrika waits for the announced length and gets less, so it never sees a whole request; still not a proof.
    bodyMayHaveArrived: true,
  });
}
