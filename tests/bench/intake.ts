import { latencies } from "./figures.ts";
import { against, type Contestant, compare, measure, type Shape } from "./measure.ts";
import { prepareFastify } from "./servers/fastify.ts";
import { startCeiling, startProduct } from "./servers/start.ts";

const ROUNDS = 5;

/** The intake on an empty database against its ceiling, and against the same in Fastify under Node. */
export async function benchIntake(shape: Shape): Promise<void> {
  const peer = await prepareFastify();
  const contestants: Record<"ceiling" | "product", Contestant> = {
    ceiling: { start: () => startCeiling() },
    product: { start: () => startProduct() },
  };
  if (typeof peer === "string") {
    console.log(`Fastify is left out: ${peer}`);
    const { ceiling, product } = await compare(contestants, shape, ROUNDS);
    console.log(`product / ceiling (median of ${ROUNDS} rounds): ${against(product, ceiling)}`);
  } else {
    console.log(`fastify is ${peer.uses}`);
    const { ceiling, product, fastify } = await compare({ ...contestants, fastify: peer }, shape, ROUNDS);
    console.log(`product / ceiling (median of ${ROUNDS} rounds): ${against(product, ceiling)}`);
    console.log(`product / fastify (median of ${ROUNDS} rounds): ${against(product, fastify)}`);
  }
  if (shape.rowsPerRequest === 1) await benchLone();
}

/** One request at a time: what a single sender waits for. */
async function benchLone(): Promise<void> {
  const server = await startProduct();
  const result = await measure(server, { rowsPerRequest: 1, connections: 1, seconds: 3 });
  await server.stop();
  console.log(`a lone request: ${latencies(result)}`);
}
