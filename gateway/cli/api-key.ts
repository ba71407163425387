import type { Command } from "commander";
import { quoteValue } from "../../core/language.ts";
import { asOperator } from "./operator.ts";

interface Key {
  readonly api_key_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

/** `api-key create | list | revoke` */
export function addApiKeyCommands(program: Command): void {
  const apiKey = program.command("api-key").description("Keys by which programs manage the gateway");

  apiKey
    .command("create")
    .description("Make a key; it is printed this once, alone on standard output")
    .requiredOption("--name <name>", "what the key is for")
    .option("--scopes <scopes>", "comma list of intake, read, manage (default: all)")
    .option("--expires <instant>", "ISO 8601 instant after which it is refused")
    .action(async ({ name, scopes, expires }: { name: string; scopes?: string; expires?: string }) => {
      const body = {
        name,
        ...(scopes && { scopes: scopes.split(",").map((s) => s.trim()) }),
        ...(expires && { expires_at: expires }),
      };
      const { key } = (await asOperator((operate) => operate("POST", "/v1/api-keys", body))) as { key: string };
      console.log(key);
    });

  apiKey
    .command("list")
    .description("List the keys, without their secrets")
    .action(async () => {
      const { data } = (await asOperator((operate) => operate("GET", "/v1/api-keys"))) as { data: readonly Key[] };
      for (const key of data) {
        // A name may hold what a terminal obeys; quoted, it is only shown.
        console.log(
          `${key.api_key_id}  mgw_${key.prefix}_…  ${quoteValue(key.name)}  [${key.scopes.join(",")}]  ${stateOf(key)}  last used ${key.last_used_at ?? "never"}`,
        );
      }
    });

  apiKey
    .command("revoke <id>")
    .description("Revoke a key; it is refused within five seconds")
    .action(async (id: string) => {
      await asOperator((operate) => operate("DELETE", `/v1/api-keys/${encodeURIComponent(id)}`));
      console.error("Revoked.");
    });
}

function stateOf(key: Key): string {
  if (key.revoked_at) return "revoked";
  if (key.expires_at === null) return "in force";
  return `${Date.parse(key.expires_at) > Date.now() ? "until" : "expired"} ${key.expires_at}`;
}
