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

/** A column of records whose texts are sealed for `kind:name`, where the name is that of a column, mostly the uuid. */
const ofRecord = (table: string, column: string, kind: string, named = "uuid", key = "id"): SealedColumn => ({
  table,
  column,
  key: [key],
  context: `'${kind}:' || t.${named}`,
  joined: "",
});

/**
 * Every sealed column but those of the installation. A change of the master key seals again what stands here and nothing else,
 * so whoever adds a column with `sealed` in its name to the schema adds its line; `sealed-columns.test.ts` tells who forgets.
 */
export const sealedColumns: readonly SealedColumn[] = [
  ofRecord("credentials", "sealed_token", "credential"),
  ofRecord("sources", "sealed_secret", "source"),
  ofRecord("sources", "previous_sealed_secret", "source"),
  ofRecord("sources", "sealed_config", "source-config"),
  {
    table: "source_state",
    column: "sealed",
    key: ["source_id", "name"],
    context: "'source-state:' || s.uuid || ':' || t.name",
    joined: "left join sources s on s.id = t.source_id",
  },
  ofRecord("raw_intakes", "sealed", "raw-intake"),
  ofRecord("accounts", "sealed_refresh_token", "account-refresh"),
  ofRecord("oauth_applications", "sealed_secret", "oauth-application"),
  ofRecord("oauth_states", "sealed_verifier", "oauth-state", "uuid", "hash"),
  ofRecord("signing_keys", "sealed_private_key", "signing-key", "kid", "kid"),
  ofRecord("one_time_codes", "sealed_code", "setup-code"),
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
