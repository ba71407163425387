import type { Command } from "commander";
import { quoteValue } from "../../core/language.ts";
import { asOperator, type Operate } from "./operator.ts";

interface User {
  readonly user_id: string;
  readonly email: string;
  readonly name: string | null;
  readonly created_at: string;
  readonly last_seen_at: string | null;
}

interface Session {
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly created_at: string;
  readonly refreshed_at: string;
}

/** `user list | reset | sessions | sign-out` */
export function addUserCommands(program: Command): void {
  const user = program.command("user").description("People whom this gateway signs in itself, without Supabase");

  user
    .command("list")
    .description("List them")
    .action(() =>
      asOperator(async (operate) => {
        // A name may hold what a terminal obeys; quoted, it is only shown.
        for await (const { email, name, created_at, last_seen_at } of everybody(operate))
          console.log(
            `${email}  ${name === null ? "-" : quoteValue(name)}  since ${created_at}  last seen ${last_seen_at ?? "never"}`,
          );
      }),
    );

  user
    .command("reset <email>")
    .description("Make a link by which somebody sets a new password; it is printed this once, alone on standard output")
    .action((email: string) =>
      asOperator(async (operate) => {
        const path = `/v1/users/${await idOf(operate, email)}/recovery-links`;
        const { url, expires_at } = (await operate("POST", path)) as { url: string; expires_at: string };
        console.error(
          `Hand this link over; it works once, until ${expires_at}. The present password stays until then.`,
        );
        console.log(url);
      }),
    );

  user
    .command("sessions <email>")
    .description("List the devices that somebody is signed in on")
    .action((email: string) =>
      asOperator(async (operate) => {
        const answer = await operate("GET", `/v1/users/${await idOf(operate, email)}/sessions`);
        for (const session of (answer as { data: readonly Session[] }).data)
          console.log(
            `${session.address ?? "-"}  ${quoteValue(session.user_agent ?? "-")}  since ${session.created_at}  last used ${session.refreshed_at}`,
          );
      }),
    );

  user
    .command("sign-out <email>")
    .description("Sign somebody out on all devices; their tokens are refused within five seconds")
    .action((email: string) =>
      asOperator(async (operate) => {
        const answer = await operate("DELETE", `/v1/users/${await idOf(operate, email)}/sessions`);
        console.error(`Ended: ${(answer as { ended: number }).ended}.`);
      }),
    );
}

async function* everybody(operate: Operate): AsyncGenerator<User> {
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${cursor}`;
    const answer = await operate("GET", `/v1/users?limit=500${query}`);
    const page = answer as { data: readonly User[]; next_cursor: string | null };
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}

async function idOf(operate: Operate, email: string): Promise<string> {
  const answer = await operate("GET", `/v1/users?email=${encodeURIComponent(email)}`);
  const [found] = (answer as { data: readonly User[] }).data;
  if (!found) throw new Error(`Nobody has the address ${quoteValue(email)}. "user list" lists everybody.`);
  return found.user_id;
}
