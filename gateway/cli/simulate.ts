import { type Command, InvalidArgumentError } from "commander";

/** `simulate`: Metrika and Yandex ID on this machine, over HTTP. */
export function addSimulateCommand(program: Command): void {
  program
    .command("simulate")
    .description("Serve the Metrika simulator, with the demo's counter, token, OAuth application and visits")
    .option("--port <port>", "TCP port; 0 takes a free one", wholeNumber, 8788)
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--processing-seconds <seconds>", "how long Metrika works on a file", wholeNumber, 60)
    .action(async ({ port, host, processingSeconds }: { port: number; host: string; processingSeconds: number }) => {
      // Loaded on use: a production start never reads the simulator.
      const { createMetrikaSimulator } = await import("../../core/metrika/simulator/simulator.ts");
      const { demo, seedDemo } = await import("../../core/metrika/simulator/demo-data.ts");
      const simulator = createMetrikaSimulator({ settings: { processingMs: processingSeconds * 1000 } });
      seedDemo(simulator);
      const { url, stop } = await simulator.serve({ port, hostname: host });
      console.log(`The Metrika simulator serves ${url}
  token        ${demo.token}
  application  ${demo.application.clientId}, secret ${demo.application.clientSecret}
  redirect     ${demo.application.redirectUris[0]}
  counter      ${demo.counterId} with the goals ${demo.goals.map((goal) => goal.identifier).join(", ")}
  ledger       ${url}/_simulator/ledger

Point a gateway at it:
  METRIKA_API_URL=${url} YANDEX_OAUTH_URL=${url} YANDEX_LOGIN_URL=${url} \\
  YANDEX_CLIENT_ID=${demo.application.clientId} YANDEX_CLIENT_SECRET=${demo.application.clientSecret} bun run start`);
      const end = async () => {
        await stop();
        process.exit(0);
      };
      process.on("SIGTERM", end);
      process.on("SIGINT", end);
    });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
