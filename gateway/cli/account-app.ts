import type { Config } from "../config.ts";
import type { Questions } from "./ask.ts";
import type { Operate } from "./operator.ts";

/** The part of `GET /v1/oauth-application` that the steps are told from. */
interface Application {
  readonly is_set: boolean;
  readonly client_id: string | null;
  readonly from: "environment" | "stored" | null;
  readonly registration: {
    readonly url: string;
    readonly name: string;
    readonly rights: readonly string[];
    readonly redirect_uri: string;
  };
  readonly warnings: readonly { readonly message: string }[];
}

const PATH = "/v1/oauth-application";

/** Leads the operator through the registration, and keeps what Yandex accepts. */
export async function setUpApplication(operate: Operate, config: Config, questions: Questions): Promise<void> {
  const application = (await operate("GET", PATH)) as Application;
  if (application.from === "environment") {
    await operate("POST", `${PATH}/check`);
    console.error(`The application ${application.client_id} is set by YANDEX_CLIENT_ID, and Yandex accepts it.`);
    return;
  }
  console.error(guideOf(application));
  const client_id = config.yandexClientId ?? (await questions.ask("ClientID"));
  const client_secret = config.yandexClientSecret ?? (await questions.askSecret("Client secret (not shown)"));
  await operate("PUT", PATH, { client_id, client_secret });
  console.error('Yandex accepts the application, and it is kept. Accounts are connected by "cli account connect".');
}

function guideOf({ is_set, client_id, registration, warnings }: Application): string {
  const { url, name, rights, redirect_uri } = registration;
  return `${is_set ? `The application ${client_id} is set; another one takes its place, and accounts that it connected must then be connected anew.\n\n` : ""}1. Open ${url} and sign in to any Yandex account.
2. Choose an application for access to API, for web services, and name it, such as: ${name}
3. Redirect URI, to the letter: ${redirect_uri}
4. Rights: ${rights.join(" and ")} (type them where rights are added)
5. Create it, and copy ClientID and Client secret from its page.

${warnings.map(({ message }) => `! ${message}`).join("\n")}
`;
}
