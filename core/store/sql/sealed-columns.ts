/** A column of texts that are sealed with the master key. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The columns of the table's key. */
  readonly key: readonly string[];
  /** The context that the texts are sealed for, in SQL; the table's row is t. */
  readonly context: string;
  /** What the context needs beside the row itself. */
  readonly joined: string;
}

/** A column of records with an id and a uuid, whose texts are sealed for `kind:uuid`. */
const ofRecord = (table: string, column: string, kind: string): SealedColumn => ({
  table,
  column,
  key: ["id"],
  context: `'${kind}:' || t.uuid`,
  joined: "",
});

/**
 * Every sealed column but those of the installation. A change of the master key seals again what stands here and nothing else,
 * so whoever adds a column `sealed` or `sealed_…` to the schema adds its line; `sealed-columns.test.ts` tells who forgets.
 */
export const sealedColumns: readonly SealedColumn[] = [
  ofRecord("credentials", "sealed_token", "credential"),
  {
    table: "rejected_rows",
    column: "sealed",
    key: ["batch_id", "row"],
    context: "'rejected:' || s.uuid || ':' || t.row",
    joined: "left join batches b on b.id = t.batch_id left join sources s on s.id = b.source_id",
  },
];

/** The installation's own, which change together: a canary and the hashing key that goes with it. */
export const sealedOfInstallation = ["vault_check", "sealed_hashing_key"] as const;
