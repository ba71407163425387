import type { Command } from "commander";
import { quoteValue } from "../../core/language.ts";
import { asOperator } from "./operator.ts";

interface Member {
  readonly user_id: string;
  readonly email: string;
  readonly role: string;
  readonly joined_at: string;
  readonly last_seen_at: string | null;
}

interface OfWorkspace {
  readonly workspace?: string;
}

const workspace = ["--workspace <id>", "another workspace than the first"] as const;

/** `member list | invite | remove` */
export function addMemberCommands(program: Command): void {
  const member = program.command("member").description("Who belongs to a workspace");

  member
    .command("list")
    .description("List the members with their roles")
    .option(...workspace)
    .action(async (of: OfWorkspace) => {
      for (const { user_id, email, role, joined_at, last_seen_at } of await membersOf(of)) {
        // An address may hold what a terminal obeys; quoted, it is only shown.
        console.log(
          `${user_id}  ${quoteValue(email)}  ${role}  joined ${joined_at}  last seen ${last_seen_at ?? "never"}`,
        );
      }
    });

  member
    .command("invite <email> <role>")
    .description("Invite as viewer, editor, admin or owner; the code is printed this once, alone on standard output")
    .option(...workspace)
    .action(async (email: string, role: string, of: OfWorkspace) => {
      const invited = await asOperator((operate) => operate("POST", "/v1/invitations", { email, role }, of.workspace));
      const { code, expires_at } = invited as { code: string; expires_at: string };
      console.error(`For whoever signs in as ${quoteValue(email)}, until ${expires_at}:`);
      console.log(code);
    });

  member
    .command("remove <email>")
    .description("Remove a member; refused everywhere within five seconds")
    .option(...workspace)
    .action(async (email: string, of: OfWorkspace) => {
      const found = (await membersOf(of)).filter((one) => one.email === email.toLowerCase());
      if (found.length === 0) throw new Error(`No member has the address ${quoteValue(email)}.`);
      for (const { user_id } of found)
        await asOperator((operate) => operate("DELETE", `/v1/members/${user_id}`, undefined, of.workspace));
      console.error("Removed.");
    });
}

async function membersOf({ workspace }: OfWorkspace): Promise<readonly Member[]> {
  const answer = await asOperator((operate) => operate("GET", "/v1/members", undefined, workspace));
  return (answer as { data: readonly Member[] }).data;
}
