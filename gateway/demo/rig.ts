import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { demo, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import type { ServedSimulator } from "../../core/metrika/simulator/serve.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { type Config, readConfig } from "../config.ts";
import { composeGateway } from "../gateway.ts";
import { configureLogging } from "../logging.ts";
import { CALLBACK_PATH } from "../routes/oauth-callback.ts";
import { type Listening, type ReservedPort, reservePort, serveGateway } from "../serve.ts";

/** Half the time a file waits at Metrika, half of it Metrika works on it; real Metrika takes up to two hours. */
const PROCESSING_MS = 4000;
/** A pace to watch; the pauses of production are minutes. */
const HURRIED = {
  ...{ lingerMs: 1000, pollMs: 500, goalRecheckMs: 1000, goalForcedReadMs: 1000 },
  // At this pace a real login's day would be over before the demo is.
  dailyRequests: 1_000_000_000,
} as const;
const SIMULATOR_PORT = 8788;

/** The gateway with a simulated Metrika, both listening on this machine, in a folder of their own. */
export interface Rig {
  /** Where people reach the gateway. */
  readonly url: string;
  readonly localUrl: string;
  readonly simulator: MetrikaSimulator;
  readonly simulatorUrl: string;
  readonly operatorToken: string;
  readonly logFile: string;
  /** Stops both. */
  stop(): Promise<void>;
  /** Removes the folder; to be called when nothing runs any more. */
  discard(): Promise<void>;
}

/**
 * Starts everything afresh. Of the environment only PORT and HOST count: whatever else is set is meant for a real gateway,
 * whose data and tokens the demo must not touch.
 * @throws {AddressUnusableError} {ConfigError}
 */
export async function startRig(env: Readonly<Record<string, string | undefined>>): Promise<Rig> {
  const wished = readConfig({ PORT: env.PORT, HOST: env.HOST?.trim() || "127.0.0.1" });
  const reserved = reservePort(wished);
  const { port, host } = reserved.config;
  const folder = await mkdtemp(`${tmpdir()}/metrika-gateway-demo-`);
  const discard = () => rm(folder, { recursive: true, force: true });
  const logFile = `${folder}/gateway.log`;
  const simulator = createMetrikaSimulator({ settings: { processingMs: PROCESSING_MS } });
  seedDemo(simulator, [`${reserved.config.publicUrl}${CALLBACK_PATH}`]);
  let metrika: ServedSimulator | null = null;
  try {
    metrika = await serveSimulator(simulator, port);
    configureLogging({ level: "info", format: "json", write: (line) => appendFileSync(logFile, line) });
    const config = readConfig({
      PORT: String(port),
      HOST: host,
      DATABASE_URL: pathToFileURL(`${folder}/gateway.db`).href,
      METRIKA_API_URL: metrika.url,
      YANDEX_OAUTH_URL: metrika.url,
      YANDEX_LOGIN_URL: metrika.url,
      YANDEX_CLIENT_ID: demo.application.clientId,
      YANDEX_CLIENT_SECRET: demo.application.clientSecret,
    });
    const { listening, operatorToken } = await startGateway(config, reserved.release);
    const { url: simulatorUrl, stop: stopSimulator } = metrika;
    return {
      ...{ url: config.publicUrl, localUrl: listening.url, simulator, simulatorUrl, operatorToken, logFile, discard },
      async stop() {
        await listening.stop();
        await stopSimulator();
      },
    };
  } catch (error) {
    await metrika?.stop();
    await discard();
    throw error;
  }
}

async function startGateway(
  config: Config,
  release: ReservedPort["release"],
): Promise<{ listening: Listening; operatorToken: string }> {
  const gateway = await composeGateway(config, { rules: HURRIED });
  try {
    return { listening: await serveGateway(gateway, config, release), operatorToken: gateway.operatorToken };
  } catch (error) {
    await gateway.close(0);
    throw error;
  }
}

/** The port that the documentation names, or a free one where that is taken. */
async function serveSimulator(simulator: MetrikaSimulator, gatewayPort: number): Promise<ServedSimulator> {
  if (gatewayPort === SIMULATOR_PORT) return simulator.serve();
  return simulator.serve({ port: SIMULATOR_PORT }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return simulator.serve();
  });
}
