import { getLogger } from "@logtape/logtape";
import { databaseName, readConfig } from "./config.ts";
import { composeGateway, type Gateway } from "./gateway.ts";
import { configureLogging } from "./logging.ts";
import { explainFailure } from "./operator-errors.ts";
import { addressWarnings } from "./public-address.ts";
import { reservePort, serveGateway } from "./serve.ts";

/** The production start: configuration from the environment, graceful stop on SIGTERM and SIGINT. */
async function main(): Promise<void> {
  const { config, release } = reservePort(readConfig(process.env));
  configureLogging({ level: config.logLevel });
  const log = getLogger(["metrika-gateway"]);
  const gateway = await composeGateway(config);
  const listening = serveGateway(gateway, config, release);
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info("{signal} received: finishing what is under way", { signal });
    await (await listening).stop();
    log.info("Stopped");
    process.exit(0);
  };
  // Not after waiting for it: a signal may come as soon as the first request can be answered.
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const { url } = await listening;
  log.info("metrika-gateway listens on {url}, public address {publicUrl}, database {database}", {
    url,
    publicUrl: config.publicUrl,
    database: databaseName(config.database),
  });
  if (config.role !== "worker") await showSetupCode(gateway);
  // A worker shows nobody an address.
  const doubts = config.role === "worker" ? [] : addressWarnings(config.publicUrl, "en");
  for (const { code, message } of doubts) log.warning(message, { code });
}

/** Beside the log, which is kept and read by more people than those who start the gateway. */
async function showSetupCode({ setupCodes }: Gateway): Promise<void> {
  const code = await setupCodes.current().catch((error) => {
    // It serves all the same, and the command tells the code once the database or the key is back.
    getLogger(["metrika-gateway"]).warn("The setup code cannot be read: {error}", { error });
    return null;
  });
  if (code !== null)
    console.log(`Nobody owns this gateway yet: sign in and send POST /v1/setup the setup code ${code}`);
}

main().catch((error) => {
  console.error(explainFailure(error));
  process.exit(1);
});
