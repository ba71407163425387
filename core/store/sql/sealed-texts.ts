import type { KeyRecord, Resealed, SealedTextKey, SealedTextPage, SealedTextStore } from "../store.ts";
import { type SealedColumn, sealedColumns } from "./sealed-columns.ts";
import { type Driver, type Param, statement, type Work } from "./work.ts";

/** A row of a sealed column: `key0`, `key1`, … and what stands there, which may have been forgotten. */
type Line = Readonly<Record<string, string | number>> & { readonly context: string; readonly sealed: string | null };

const nameOf = ({ table, column }: SealedColumn) => `${table}.${column}`;

/** The statements of one column. */
function statementsOf(sealed: SealedColumn) {
  const { table, column, key, context, joined } = sealed;
  const keys = key.map((name, i) => `t.${name} as key${i}`).join(", ");
  const order = key.map((name) => `t.${name}`).join(", ");
  const behind = `where (${order}) > (${key.map((_, i) => `?${i + 2}`).join(", ")})`;
  // With the rows that hold nothing: thousands of them, passed over in one go, would hold everybody up.
  const select = (from: string) =>
    statement<Line, Param[]>(
      `select ${keys}, coalesce(${context}, '') as context, t.${column} as sealed from ${table} t ${joined}
       ${from} order by ${order} limit ?1`,
    );
  const where = key.map((name, i) => `${name} = ?${i + 3}`).join(" and ");
  return {
    keyLength: key.length,
    first: select(""),
    further: select(behind),
    write: statement<never, Param[]>(`update ${table} set ${column} = ?1 where ${column} = ?2 and ${where}`),
  };
}

const statements = new Map(sealedColumns.map((column) => [nameOf(column), statementsOf(column)]));

const readRecord = statement<KeyRecord>(
  `select vault_check as "vaultCheck", sealed_hashing_key as "sealedHashingKey" from installation where id = 1`,
);
const writeRecord = statement<never, [check: string, key: string | null, wasCheck: string, wasKey: string | null]>(
  `update installation set vault_check = ?1, sealed_hashing_key = ?2
   where id = 1 and vault_check = ?3 and sealed_hashing_key is not distinct from cast(?4 as text)`,
);

function ofColumn(column: string) {
  const found = statements.get(column);
  if (!found) throw new Error(`${column} is no sealed column.`);
  return found;
}

function* readColumn(column: string, after: SealedTextKey | null, limit: number): Work<SealedTextPage> {
  const { first, further, keyLength } = ofColumn(column);
  const lines = after === null ? yield* first.all(limit) : yield* further.all(limit, ...after);
  const keyOf = (line: Line) => Array.from({ length: keyLength }, (_, i) => line[`key${i}`] ?? "");
  const end = lines.length === limit ? lines.at(-1) : undefined;
  return {
    texts: lines.flatMap((line) => {
      const { context, sealed } = line;
      return sealed === null ? [] : [{ key: keyOf(line), context, sealed }];
    }),
    next: end ? keyOf(end) : null,
  };
}

function* writeColumn(column: string, texts: readonly Resealed[]): Work<number> {
  const { write } = ofColumn(column);
  let written = 0;
  for (const { key, was, sealed } of texts) written += yield* write.run(sealed, was, ...key);
  return written;
}

/** Sealed texts, read and written a page at a time. */
export function createSealedTexts(driver: Driver): SealedTextStore {
  return {
    columns: [...statements.keys()],
    read: (column, after, limit) => driver.ask(readColumn(column, after, limit)),
    write: (column, texts) => driver.beside(() => writeColumn(column, texts)),
    async readRecord() {
      const record = await driver.ask(readRecord.get());
      if (!record) throw new Error("The database has no installation.");
      return record;
    },
    async writeRecord(was, { vaultCheck, sealedHashingKey }) {
      const given = [vaultCheck, sealedHashingKey, was.vaultCheck, was.sealedHashingKey] as const;
      return (await driver.ask(writeRecord.run(...given))) === 1;
    },
  };
}
