import * as v from "valibot";
import { readConfig } from "../../gateway/config.ts";
import { composeGateway } from "../../gateway/gateway.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { reservePort, serveGateway } from "../../gateway/serve.ts";
import { type RawIntakeDeath, rawIntakeDeaths } from "./raw-intake-deaths.ts";

// A gateway like that of gateway/main.ts, which ends itself by SIGKILL at the point of a raw intake's way that DIE_AT names.

const point = v.parse(v.picklist(rawIntakeDeaths), process.env.DIE_AT);
const { config, release } = reservePort(readConfig(process.env));
configureLogging({ level: config.logLevel });
const gateway = await composeGateway(config);
const { rawIntakes, intake } = gateway.store;
const { keep, claimDue, end } = rawIntakes;
const { commit } = intake;

function fallAt(here: RawIntakeDeath): void {
  if (here === point) process.kill(process.pid, "SIGKILL");
}

Object.assign(rawIntakes, {
  async keep(...given: Parameters<typeof keep>) {
    await keep(...given);
    fallAt("kept, not answered");
  },
  async claimDue(...given: Parameters<typeof claimDue>) {
    const claimed = await claimDue(...given);
    if (claimed.length > 0) fallAt("claimed");
    return claimed;
  },
  async end(...given: Parameters<typeof end>) {
    const isOurs = await end(...given);
    fallAt("settled");
    return isOurs;
  },
});
Object.assign(intake, {
  async commit(...given: Parameters<typeof commit>) {
    const results = await commit(...given);
    fallAt("facts on disk, not told");
    return results;
  },
});
await serveGateway(gateway, config, release);
