import { Database } from "bun:sqlite";
import { open } from "node:fs/promises";
import { csvHeader } from "../../../core/conversion/csv.ts";

/**
 * What the product's upload is measured against: rows read in pages by their key, written as CSV to a file, and the file
 * streamed as multipart. It keeps no state, holds no claim and looks nothing up. Arguments: the database, the folder for the
 * file, the address; it begins with the first line of its input and says how many milliseconds it took.
 */
const [database = "", folder, address = "", token] = process.argv.slice(2);
const PAGE_ROWS = 5000;

interface Row {
  readonly id: number;
  readonly client_id: string;
  readonly target: string;
  readonly date_time: number;
  readonly price: string;
  readonly currency: string;
}

const db = new Database(database, { readonly: true });
const page = db.prepare<Row, [number]>(
  `select id, client_id, target, date_time, price, currency from conversions where upload_id = 1 and id > ? order by id limit ${PAGE_ROWS}`,
);

async function build(path: string): Promise<void> {
  const file = await open(path, "w");
  await file.write(csvHeader());
  for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)?.id ?? 0)) {
    const lines = rows.map((r) => `${r.client_id},,,,${r.target},${r.date_time},${r.price},${r.currency}\n`);
    await file.write(lines.join(""));
  }
  await file.close();
}

async function send(path: string): Promise<void> {
  const boundary = "bare";
  const encoder = new TextEncoder();
  const head = encoder.encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="data.csv"\r\nContent-Type: text/csv\r\n\r\n`,
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const file = Bun.file(path);
  const pieces = (async function* () {
    yield head;
    yield* file.stream();
    yield tail;
  })();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const answer = await fetch(address, {
    method: "POST",
    headers: {
      authorization: `OAuth ${token}`,
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(head.length + file.size + tail.length),
    },
    body,
  });
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status}: ${await answer.text()}`);
}

console.log("READY");
for await (const _ of console) {
  const path = `${folder}/bare.csv`;
  const started = performance.now();
  await build(path);
  const built = performance.now();
  await send(path);
  console.log(`DONE ${Math.round(performance.now() - started)} ${Math.round(built - started)}`);
}
