import { parse } from "csv-parse/sync";
import { type Column, type FeatureTable, featureTable } from "../../plugins/metrika-scoring/learning/table.ts";

/** The sessions of an online shop, what came of them, and the fold that each is tested in. */
export interface OnlineShoppers {
  readonly table: FeatureTable;
  /** 1 for a session with a purchase. */
  readonly labels: Uint8Array;
  /** 0 to 9. */
  readonly folds: Uint8Array;
}

const LABEL = "Revenue";
/** Numbers that name something instead of measuring it. */
const NAMES = ["Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend"];

/**
 * Online Shoppers Purchasing Intention (C. Sakar and Y. Kastro, 2018, UCI Machine Learning Repository no. 468, doi 10.24432/C5F88Q, CC
 * BY 4.0): 12,330 sessions, 1908 with a purchase. Null where the folder has no such files.
 */
export async function readOnlineShoppers(folder: string): Promise<OnlineShoppers | null> {
  const sessions = Bun.file(`${folder}/online_shoppers_intention.csv`);
  const foldOf = Bun.file(`${folder}/online_shoppers_folds.txt`);
  if (!((await sessions.exists()) && (await foldOf.exists()))) return null;
  const [head = [], ...rows]: string[][] = parse(await sessions.text());
  const valuesOf = (name: string) => rows.map((row) => row[head.indexOf(name)] ?? "");
  const folds = Uint8Array.from((await foldOf.text()).trim().split("\n"), Number);
  if (folds.length !== rows.length) throw new Error(`${rows.length} sessions, but folds of ${folds.length}`);
  const columns = head.filter((name) => name !== LABEL).map((name) => columnOf(name, valuesOf(name)));
  return { table: featureTable(columns), labels: Uint8Array.from(valuesOf(LABEL), Number), folds };
}

function columnOf(name: string, values: readonly string[]): Column {
  if (!NAMES.includes(name)) return { kind: "numeric", name, values: Float64Array.from(values, Number) };
  const categories = [...new Set(values)].sort();
  const codeOf = new Map(categories.map((category, code) => [category, code]));
  return { kind: "categorical", name, categories, codes: Int32Array.from(values, (value) => codeOf.get(value) ?? -1) };
}
