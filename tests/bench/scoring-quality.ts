import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { defaultCandidates } from "../../plugins/metrika-scoring/learning/candidates.ts";
import { choose, type Examples, type Fold, learn } from "../../plugins/metrika-scoring/learning/choose.ts";
import { sigmoid } from "../../plugins/metrika-scoring/learning/log-odds.ts";
import { brierScore, logLoss } from "../../plugins/metrika-scoring/learning/metrics/probability.ts";
import { averagePrecision, rocAuc, tiesOf } from "../../plugins/metrika-scoring/learning/metrics/ranking.ts";
import { createRanker } from "../../plugins/metrika-scoring/learning/ranker.ts";
import { featureTable } from "../../plugins/metrika-scoring/learning/table.ts";
import { type OnlineShoppers, readOnlineShoppers } from "./online-shoppers.ts";

const FOLDS = 10;
const INNER_FOLDS = 3;
const SEED = 20_260_901;
const ENSEMBLES = 5;

/** A set of features, and what scikit-learn's histogram gradient boosting reaches with it on the same folds. */
interface Variant {
  readonly name: string;
  readonly without: readonly string[];
  readonly rocAuc: number;
  readonly prAuc: number;
}

const variants: readonly Variant[] = [
  { name: "all features", without: [], rocAuc: 0.9363, prAuc: 0.7572 },
  // Metrika's visits have no such thing.
  { name: "without PageValues", without: ["PageValues"], rocAuc: 0.7873, prAuc: 0.379 },
];

/**
 * How well scoring learns, on the Online Shoppers data and its fixed folds, beside reference figures. Each fold is predicted by what the
 * other nine taught: they alone choose the candidate, by folds among themselves. Says so and ends where the files are missing.
 *
 * `--predictions FILE` writes the row and the probability of each prediction with all features, `FILE.without-PageValues` the others'.
 */
export async function benchScoringQuality(): Promise<void> {
  const { values } = parseArgs({ args: process.argv.slice(3), options: { predictions: { type: "string" } } });
  const folder = resolve(process.env.BENCH_DATA ?? `${import.meta.dir}/../../../shared/data`);
  const shoppers = await readOnlineShoppers(folder);
  if (shoppers === null) {
    console.log(`Skipped: ${folder} has no online_shoppers_intention.csv and online_shoppers_folds.txt (BENCH_DATA).`);
    return;
  }
  for (const variant of variants) {
    const probabilities = predict(shoppers, variant);
    if (values.predictions === undefined) continue;
    const file = variant.without.length === 0 ? values.predictions : `${values.predictions}.without-PageValues`;
    const lines = [...probabilities].map((probability, row) => `${row},${probability}\n`);
    await Bun.write(file, `row,probability\n${lines.join("")}`);
    console.log(`predictions in ${file}`);
  }
}

function predict({ table, labels, folds }: OnlineShoppers, variant: Variant): Float64Array {
  const examples = { table: featureTable(table.columns.filter(({ name }) => !variant.without.includes(name))), labels };
  const probabilities = new Float64Array(labels.length);
  const started = performance.now();
  for (let test = 0; test < FOLDS; test++) predictFold(examples, folds, test, probabilities);
  const seconds = (performance.now() - started) / 1000;
  const ties = tiesOf(probabilities, labels);
  const right = labels.reduce((sum, label, row) => sum + (probabilities[row]! >= 0.5 === (label === 1) ? 1 : 0), 0);
  console.log(
    `${variant.name}: ${against("ROC AUC", rocAuc(ties), variant.rocAuc)}, ${against("PR AUC", averagePrecision(ties), variant.prAuc)}; log loss ${logLoss(probabilities, labels).toFixed(4)}, Brier ${brierScore(probabilities, labels).toFixed(4)}, accuracy ${(right / labels.length).toFixed(4)}; ${seconds.toFixed(0)} s`,
  );
  return probabilities;
}

/** Learns from all folds but one, and writes down what it says of that one's rows. */
function predictFold(examples: Examples, folds: Uint8Array, test: number, probabilities: Float64Array): void {
  const others = Array.from({ length: FOLDS }, (_, fold) => fold).filter((fold) => fold !== test);
  const rowsOf = (chosen: readonly number[]) =>
    Int32Array.from([...folds.keys()].filter((row) => chosen.includes(folds[row]!)));
  const inner = Array.from({ length: INNER_FOLDS }, (_, part): Fold => {
    const judged = others.filter((_, index) => index % INNER_FOLDS === part);
    return { learn: rowsOf(others.filter((fold) => !judged.includes(fold))), judge: rowsOf(judged) };
  });
  const { best } = choose(examples, inner, defaultCandidates, SEED);
  const learner = learn(examples, rowsOf(others), best.candidate, { seed: SEED, ensembles: ENSEMBLES });
  const rows = rowsOf([test]);
  const logOdds = createRanker(learner).logOdds(examples.table, rows);
  for (const [index, row] of rows.entries()) probabilities[row] = sigmoid(logOdds[index]!);
  console.log(`  fold ${test}: ${JSON.stringify(best.candidate)}, log loss ${best.loss.toFixed(4)} on inner folds`);
}

const against = (name: string, reached: number, reference: number) =>
  `${name} ${reached.toFixed(4)} (reference ${reference.toFixed(4)}, ${reached < reference ? "−" : "+"}${Math.abs(reached - reference).toFixed(4)})`;
