import { type CsvError, parse } from "csv-parse";
import type { IdentifierKind } from "./settings.ts";

/** A file that Metrika would refuse as a whole. */
export class FileRefused extends Error {}

/** A data row as it stands in the file: cells by the column they belong to, empty where the file has none. */
export interface FileRow {
  readonly identifiers: Readonly<Partial<Record<IdentifierKind, string>>>;
  readonly target: string;
  readonly dateTime: string;
  readonly price: string;
  readonly currency: string;
}

const IDENTIFIER_COLUMNS: Readonly<Record<string, IdentifierKind>> = {
  clientid: "client_id",
  userid: "user_id",
  yclid: "yclid",
  purchaseid: "purchase_id",
};

/**
 * Reads a CSV file as it arrives: UTF-8 with or without BOM, LF or CRLF, plain or quoted cells, columns in any order and
 * spelling of case, unknown columns ignored. https://yandex.ru/dev/metrika/ru/management/offline-conv
 *
 * @param onRow called once for each data row.
 * @returns the names of the columns as written.
 * @throws {@link FileRefused} when required columns are missing, there are no rows, or the text is no CSV.
 */
export async function readFileRows(
  pieces: AsyncIterable<Uint8Array>,
  onRow: (row: FileRow) => void,
): Promise<readonly string[]> {
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true });
  let columns: readonly string[] | null = null;
  let toRow: ((cells: readonly string[]) => FileRow) | null = null;
  let refused: unknown = null;
  let rows = 0;
  parser.on("readable", () => {
    for (let cells: string[] | null = parser.read(); cells !== null; cells = parser.read()) {
      if (refused !== null) continue;
      try {
        if (toRow === null) {
          columns = cells;
          toRow = rowReader(cells);
        } else {
          rows++;
          onRow(toRow(cells));
        }
      } catch (error) {
        refused = error;
      }
    }
  });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on("end", resolve);
    parser.on("error", (error: CsvError) => reject(new FileRefused(`The file is no CSV: ${error.message}`)));
  });
  ended.catch(() => undefined);

  try {
    for await (const piece of pieces) {
      if (refused !== null) throw refused;
      if (!parser.write(piece)) await Promise.race([new Promise((resolve) => parser.once("drain", resolve)), ended]);
    }
    parser.end();
    await ended;
  } finally {
    parser.destroy();
  }
  if (refused !== null) throw refused;
  if (columns === null || rows === 0) throw new FileRefused("The file has no rows");
  return columns;
}

function rowReader(names: readonly string[]): (cells: readonly string[]) => FileRow {
  const places = new Map(names.map((name, index) => [name.trim().toLowerCase(), index]));
  const identifiers = Object.entries(IDENTIFIER_COLUMNS).flatMap(([column, kind]) => {
    const place = places.get(column);
    return place === undefined ? [] : [{ kind, place }];
  });
  const required = (column: string, name: string) => {
    const place = places.get(column);
    if (place === undefined) throw new FileRefused(`Column ${name} is missing`);
    return place;
  };
  const target = required("target", "Target");
  const dateTime = required("datetime", "DateTime");
  if (identifiers.length === 0) throw new FileRefused("No column of identifiers: ClientId, UserId, Yclid, PurchaseId");
  const price = places.get("price") ?? -1;
  const currency = places.get("currency") ?? -1;
  return (cells) => {
    const found: Partial<Record<IdentifierKind, string>> = {};
    for (const { kind, place } of identifiers) if (cells[place]) found[kind] = cells[place];
    return {
      identifiers: found,
      target: cells[target] ?? "",
      dateTime: cells[dateTime] ?? "",
      price: cells[price] ?? "",
      currency: cells[currency] ?? "",
    };
  };
}
