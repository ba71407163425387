import type { Command } from "commander";
import { quoteValue } from "../../core/language.ts";
import { setUpApplication } from "./account-app.ts";
import { createQuestions } from "./ask.ts";
import { asOperator, type Operate } from "./operator.ts";

interface Account {
  readonly account_id: string;
  readonly login: string;
  readonly name: string | null;
  readonly state: string;
  readonly expires_at: string | null;
  readonly sources: number;
  readonly counters: number;
  readonly warnings: readonly { readonly message: string }[];
}

/** `account app | connect | list | disconnect` */
export function addAccountCommands(program: Command): void {
  const account = program
    .command("account")
    .description("Yandex accounts, and the OAuth application that connects them");

  account
    .command("app")
    .description(
      "Set the Yandex OAuth application, step by step; YANDEX_CLIENT_ID and YANDEX_CLIENT_SECRET, or two lines of a pipe, answer the questions",
    )
    .action(async () => {
      const questions = createQuestions();
      await asOperator((operate, config) => setUpApplication(operate, config, questions)).finally(questions.close);
    });

  account
    .command("connect")
    .description("Connect a Yandex account: open the printed address, allow the access, paste the code")
    .option("--account <id>", "the account to connect anew")
    .option("--login <login>", "the login that Yandex preselects")
    .action(async ({ account: account_id, login: login_hint }: { account?: string; login?: string }) => {
      const questions = createQuestions();
      const wish = { ...(account_id && { account_id }), ...(login_hint && { login_hint }) };
      const connect = async (operate: Operate) => {
        const begun = (await operate("POST", "/v1/accounts/connect", wish)) as { authorize_url: string };
        console.log(begun.authorize_url);
        console.error("Open this address in a browser, sign in to the account and press “Allow”.");
        const answer = await questions.ask(
          "The code that is shown then, or the whole address that the browser ends at",
        );
        return (await operate("POST", "/v1/accounts/callback", codeIn(answer, begun.authorize_url))) as Account;
      };
      const connected = await asOperator(connect).finally(questions.close);
      console.error(`Connected: ${connected.login}, account ${connected.account_id}`);
    });

  account
    .command("list")
    .description("List the Yandex accounts and how they stand")
    .action(async () => {
      const { data } = (await asOperator((operate) => operate("GET", "/v1/accounts"))) as { data: readonly Account[] };
      for (const { account_id, login, name, state, expires_at, sources, counters, warnings } of data) {
        const until = expires_at === null ? "" : `  until ${expires_at}`;
        // A name may hold what a terminal obeys; quoted, it is only shown.
        const named = name === null ? "" : `  ${quoteValue(name)}`;
        console.log(`${account_id}  ${login}${named}  ${state}${until}  sources ${sources}, counters ${counters}`);
        for (const { message } of warnings) console.error(`  ${message}`);
      }
    });

  account
    .command("disconnect <id>")
    .description("Disconnect a Yandex account; its sources stay and wait until it is connected anew")
    .action(async (id: string) => {
      const gone = await asOperator((operate) => operate("DELETE", `/v1/accounts/${encodeURIComponent(id)}`));
      const { message, sources_waiting } = gone as { message: string; sources_waiting: number };
      console.error(`Disconnected; sources that wait: ${sources_waiting}. ${message}`);
    });
}

/** What a person pasted: the code alone, whose state we know, or the address that holds both. */
function codeIn(pasted: string, authorizeUrl: string): { code: string; state: string } {
  const ours = new URL(authorizeUrl).searchParams.get("state") ?? "";
  if (!URL.canParse(pasted)) return { code: pasted, state: ours };
  const query = new URL(pasted).searchParams;
  const code = query.get("code");
  const told = query.get("error_description") ?? query.get("error");
  if (code === null)
    throw new Error(`The address holds no code${told === null ? "" : `: ${quoteValue(told)}`}. Begin anew.`);
  return { code, state: query.get("state") ?? ours };
}
