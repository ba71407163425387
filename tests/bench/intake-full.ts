import { newConversions, toBody } from "./conversions.ts";
import { latencies } from "./figures.ts";
import { mediansOf } from "./load.ts";
import { against, type Contestant, compare, shapes, type Traffic } from "./measure.ts";
import { fillCeiling, fillProduct, needRoom } from "./servers/fill.ts";
import { startCeiling, startProduct } from "./servers/start.ts";
import { storedConversions, stormOfRepeats } from "./stored.ts";

const ROUNDS = 5;

/** Each request by another of the webhooks. */
const allWebhooks: Traffic = (senders, rowsPerRequest) => {
  const rows = newConversions();
  let turn = 0;
  return () => ({ sender: senders[turn++ % senders.length] ?? senders[0], body: toBody(rows(rowsPerRequest)) });
};

/**
 * The intake on a database that holds ten million conversions already (BENCH_STORED), product and ceiling alike.
 * @throws when the disk has no room for it
 */
export async function benchIntakeFull(): Promise<void> {
  const stored = storedConversions(Number(process.env.BENCH_STORED ?? 10_000_000));
  await needRoom(stored.rows);
  const fullCeiling = await fillCeiling(stored);
  const prepared = await fillProduct(stored);
  const fullProduct = () => startProduct({ prepared });
  const contestants = {
    ceiling: { start: () => startCeiling(fullCeiling) },
    product: { start: fullProduct },
    repeats: { start: fullProduct, traffic: stormOfRepeats(stored) },
  } satisfies Record<string, Contestant>;

  console.log("\nOne conversion a request");
  const alsoSmall = { empty: { start: () => startProduct() }, webhooks: { start: fullProduct, traffic: allWebhooks } };
  const small = await compare({ ...contestants, ...alsoSmall }, shapes.small, ROUNDS);
  console.log("\nA thousand conversions a request");
  const large = await compare(contestants, shapes.large, ROUNDS);

  console.log(`\nMedians of ${ROUNDS} rounds, ${stored.rows.toLocaleString("en")} conversions stored`);
  for (const [name, { ceiling, product, repeats }] of Object.entries({ small, large })) {
    console.log(`${name}: product / ceiling, both full: ${against(product, ceiling)}`);
    console.log(`${name}: 90 % repeats / new conversions only: ${against(repeats, product)}`);
  }
  console.log(`small: product full / product empty: ${against(small.product, small.empty)}`);
  console.log(`small: product full ${latencies(mediansOf(small.product))}; empty ${latencies(mediansOf(small.empty))}`);
  console.log(`small: 10,000 webhooks / one: ${against(small.webhooks, small.product)}`);
}
