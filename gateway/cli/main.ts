import { Command } from "commander";
import { CopyDamagedError } from "../../core/store/database-errors.ts";
import packageJson from "../../package.json" with { type: "json" };
import { addApiKeyCommands } from "./api-key.ts";
import { addBackupCommand } from "./backup.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addMoveCommand } from "./move.ts";
import { addAfterPgRestoreCommand, addRestoreCommand } from "./restore.ts";
import { addRotateKeyCommand } from "./rotate-key.ts";
import { addSimulateCommand } from "./simulate.ts";

const program = new Command("metrika-gateway cli")
  .description("The command line of metrika-gateway")
  .version(packageJson.version)
  .showHelpAfterError();

addApiKeyCommands(program);
addBackupCommand(program);
addRestoreCommand(program);
addAfterPgRestoreCommand(program);
addMigrateCommand(program);
addMoveCommand(program);
addRotateKeyCommand(program);
addSimulateCommand(program);

program.parseAsync().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof CopyDamagedError ? 2 : 1);
});
