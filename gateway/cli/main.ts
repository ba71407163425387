import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addApiKeyCommands } from "./api-key.ts";
import { addSimulateCommand } from "./simulate.ts";

const program = new Command("metrika-gateway cli")
  .description("The command line of metrika-gateway")
  .version(packageJson.version)
  .showHelpAfterError();

addApiKeyCommands(program);
addSimulateCommand(program);

program.parseAsync().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
