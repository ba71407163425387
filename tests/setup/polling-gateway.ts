import * as v from "valibot";
import { readConfig } from "../../gateway/config.ts";
import { composeGateway } from "../../gateway/gateway.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { reservePort, serveGateway } from "../../gateway/serve.ts";
import { pollingPlugin } from "./polling-plugin.ts";

// A gateway like that of gateway/main.ts with the polling plugin alone, whose runs go through the visitors of VISITORS, one after the
// other, from where they left off, and whose claims run out sooner.

const { visitors, soldAt } = v.parse(
  v.object({ visitors: v.array(v.string()), soldAt: v.number() }),
  JSON.parse(process.env.SALES ?? "null"),
);
const STEP_MS = 100;

const plugin = pollingPlugin(async (source) => {
  for (let next = Number(await source.state.get("next")); next < visitors.length; next++) {
    const fact = { user_id: visitors[next], target: "purchase", date_time: soldAt, price: 100, currency: "RUB" };
    await source.emit([fact], { keys: [`sale:${visitors[next]}`] });
    source.progress(next + 1, visitors.length);
    await Bun.sleep(STEP_MS);
    await source.state.set("next", next + 1);
  }
  return [];
});

const { config, release } = reservePort(readConfig(process.env));
configureLogging({ level: config.logLevel });
const rules = { leaseMs: 3000 };
const runRules = { ...rules, renewEachMs: 300, scheduleEachMs: 500 };
const gateway = await composeGateway(config, { plugins: [plugin], rules, runRules });
const { stop } = await serveGateway(gateway, config, release);
process.on("SIGTERM", async () => {
  await stop();
  process.exit(0);
});
