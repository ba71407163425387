import * as v from "valibot";
import { readConfig } from "../../gateway/config.ts";
import { composeGateway } from "../../gateway/gateway.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { reservePort, serveGateway } from "../../gateway/serve.ts";
import { deaths } from "./deaths.ts";
import { createStrike } from "./strike.ts";

// A gateway like that of gateway/main.ts, which ends itself by SIGKILL at the point that DIE_AT names. It is armed by the
// first conversions that it takes, so that webhooks can be made before.

const strike = createStrike(v.parse(v.picklist(deaths), process.env.DIE_AT), "SIGKILL");
const { config, release } = reservePort(readConfig(process.env));
configureLogging({ level: config.logLevel });
const gateway = await composeGateway(config, { fetch: strike.fetch });
strike.watch(gateway.store);
const { intake } = gateway.store;
const { commit } = intake;
Object.assign(intake, {
  commit: async (...group: Parameters<typeof commit>) => {
    strike.arm();
    return commit(...group);
  },
});
await serveGateway(gateway, config, release);
