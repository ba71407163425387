import { Command } from "commander";
import { CopyDamagedError } from "../../core/store/database-errors.ts";
import packageJson from "../../package.json" with { type: "json" };
import { addAccountCommands } from "./account.ts";
import { addApiKeyCommands } from "./api-key.ts";
import { addAuditCommand } from "./audit.ts";
import { addBackupCommand } from "./backup.ts";
import { addMemberCommands } from "./member.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addMoveCommand } from "./move.ts";
import { addAfterPgRestoreCommand, addRestoreCommand } from "./restore.ts";
import { addRotateKeyCommand } from "./rotate-key.ts";
import { addSetupCodeCommand } from "./setup-code.ts";
import { addSimulateCommand } from "./simulate.ts";
import { addUserCommands } from "./user.ts";

const program = new Command("metrika-gateway cli")
  .description("The command line of metrika-gateway")
  .version(packageJson.version)
  .showHelpAfterError();

addApiKeyCommands(program);
addAccountCommands(program);
addMemberCommands(program);
addSetupCodeCommand(program);
addAuditCommand(program);
addBackupCommand(program);
addRestoreCommand(program);
addAfterPgRestoreCommand(program);
addMigrateCommand(program);
addMoveCommand(program);
addRotateKeyCommand(program);
addSimulateCommand(program);
addUserCommands(program);

program.parseAsync().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof CopyDamagedError ? 2 : 1);
});
