import { expect, test } from "bun:test";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as schema from "../schema.sqlite.ts";
import { sealedColumns, sealedOfInstallation } from "./sealed-columns.ts";

/** What the schema calls sealed: texts whose column says so, and the canary. `batches.sealed` is a flag. */
const inSchema = Object.values(schema)
  .flatMap((table) => (is(table, SQLiteTable) ? [table] : []))
  .flatMap((table) =>
    Object.values(getTableColumns(table))
      .filter(({ name, dataType }) => dataType === "string" && /(?:^|_)sealed(?:_|$)|^vault_check$/.test(name))
      .map(({ name }) => `${getTableName(table)}.${name}`),
  );

test("every sealed column of the schema is sealed again when the master key changes", () => {
  const known = [
    ...sealedColumns.map(({ table, column }) => `${table}.${column}`),
    ...sealedOfInstallation.map((column) => `installation.${column}`),
  ];
  expect(known.sort()).toEqual(inSchema.sort());
});

test("a sealed column is found by the whole key of its table", () => {
  for (const { table, key } of sealedColumns) {
    const found = Object.values(schema).find(
      (candidate) => is(candidate, SQLiteTable) && getTableName(candidate) === table,
    );
    if (!is(found, SQLiteTable)) throw new Error(`There is no table ${table}.`);
    const columns = Object.values(getTableColumns(found));
    const primary = columns.filter((column) => column.primary).map(({ name }) => name);
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining([...key]));
    if (primary.length > 0) expect(primary).toEqual([...key]);
  }
});
