import * as v from "valibot";
import { readConfig } from "../../gateway/config.ts";
import { composeGateway } from "../../gateway/gateway.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { reservePort, serveGateway } from "../../gateway/serve.ts";
import { deaths } from "./deaths.ts";
import { createStrike } from "./strike.ts";

// A gateway like that of gateway/main.ts, whose claims run out sooner (LEASE_MS), and which may be struck by a signal
// (STRIKE_BY) at a point (STRIKE_AT) from the start on: it does not make the webhooks itself.

const { LEASE_MS, STRIKE_AT, STRIKE_BY } = v.parse(
  v.object({
    LEASE_MS: v.pipe(v.string(), v.toNumber()),
    STRIKE_AT: v.nullish(v.picklist(deaths), null),
    STRIKE_BY: v.optional(v.picklist(["SIGKILL", "SIGSTOP"]), "SIGKILL"),
  }),
  process.env,
);
const strike = createStrike(STRIKE_AT, STRIKE_BY);
const { config, release } = reservePort(readConfig(process.env));
configureLogging({ level: config.logLevel });
const gateway = await composeGateway(config, { fetch: strike.fetch, rules: { leaseMs: LEASE_MS } });
strike.watch(gateway.store);
strike.arm();
const { stop } = await serveGateway(gateway, config, release);
process.on("SIGTERM", async () => {
  await stop();
  process.exit(0);
});
