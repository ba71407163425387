import { type Config, readConfig } from "../config.ts";
import { composeGateway } from "../gateway.ts";
import { findRunning } from "../running.ts";

/** Answers one management request, whoever holds the database. */
export type Operate = (
  method: string,
  path: string,
  body?: unknown,
  /** Public id; default: the workspace made at first start. */
  workspaceId?: string,
) => Promise<unknown>;

/**
 * Lets a command act as the operator: through the HTTP interface of the gateway that runs on the data folder, or, when none
 * runs, on the database itself through the same routes.
 */
export async function asOperator<T>(act: (operate: Operate, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig(process.env);
  const running = await findRunning(config);
  if (running)
    return act(
      operateBy((request) => fetch(request), running.url, running.operatorToken),
      config,
    );
  // Nobody but this command asks it for anything.
  const gateway = await composeGateway(config, { settlingMs: 0 });
  try {
    const ask = async (request: Request) => gateway.app.fetch(request);
    return await act(operateBy(ask, "http://localhost", gateway.operatorToken), config);
  } finally {
    await gateway.close(0);
  }
}

function operateBy(ask: (request: Request) => Promise<Response>, url: string, token: string): Operate {
  return async (method, path, body, workspaceId) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "accept-language": "en",
      ...(workspaceId !== undefined && { "x-workspace-id": workspaceId }),
    };
    const answer = await ask(
      new Request(url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
    );
    if (answer.status === 204) return null;
    const told = (await answer.json()) as { detail?: string; errors?: readonly { field: string; message: string }[] };
    if (answer.ok) return told;
    const fields = (told.errors ?? []).map(({ field, message }) => `\n  ${field}: ${message}`).join("");
    throw new Error(`${told.detail ?? `The gateway answered ${answer.status}.`}${fields}`);
  };
}
