import type { Command } from "commander";
import { asOperator } from "./operator.ts";

/** `setup-code` */
export function addSetupCodeCommand(program: Command): void {
  program
    .command("setup-code")
    .description(
      "Print the code that makes whoever enters it an owner of the first workspace; makes one where none is open",
    )
    .option("--new", "make another one, so that the former is worth nothing")
    .action(async ({ new: renew = false }: { new?: boolean }) => {
      const code = await asOperator(async (operate) => {
        const read = async (method: string) =>
          ((await operate(method, "/v1/setup-code")) as { setup_code: string | null }).setup_code;
        return (renew ? null : await read("GET")) ?? (await read("POST"));
      });
      console.log(code);
    });
}
