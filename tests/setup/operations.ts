import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describeApp } from "../../gateway/app.ts";
import type { Asked } from "../../gateway/auth/guarded.ts";
import { composeGateway } from "../../gateway/gateway.ts";
import { testConfig } from "./gateway.ts";

/** An operation of the OpenAPI document that asks who calls. */
export interface GuardedOperation {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly permission: Asked;
  /** Names of the parameters and members by which a request can name something, wherever they stand. */
  readonly pathNames: readonly string[];
  readonly queryNames: readonly string[];
  readonly bodyNames: readonly string[];
  /** The documented example; null where it takes no body. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** What a request gives in each place of an operation that has a name. */
export interface Given {
  readonly path: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

type Members = Readonly<Record<string, unknown>>;

interface Described {
  readonly "x-permission"?: Asked;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Content>> };
}

interface Content {
  readonly schema?: { readonly $ref?: string; readonly properties?: Members };
  readonly example?: Members;
  readonly examples?: Readonly<Record<string, { readonly value: Members }>>;
}

/** Every guarded operation of the routes as they are now. */
export async function guardedOperations(): Promise<readonly GuardedOperation[]> {
  const folder = await mkdtemp(`${tmpdir()}/operations-`);
  const gateway = await composeGateway(testConfig(folder));
  const document = describeApp(gateway.app);
  await gateway.close(0);
  await rm(folder, { recursive: true });
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Content["schema"]>>;
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Readonly<Record<string, Described>>).flatMap(([method, described]) => {
      const permission = described["x-permission"];
      if (permission === undefined) return [];
      const namesIn = (place: string) =>
        (described.parameters ?? []).filter((one) => one.in === place).map(({ name }) => name);
      const content = described.requestBody?.content?.["application/json"];
      const schema = schemas[content?.schema?.$ref?.split("/").at(-1) ?? ""] ?? content?.schema;
      const bodyNames = Object.keys(schema?.properties ?? {});
      const names = { pathNames: namesIn("path"), queryNames: namesIn("query"), bodyNames };
      return [{ method: method.toUpperCase(), path, permission, ...names, body: exampleOf(content, method, path) }];
    }),
  );
}

function exampleOf(content: Content | undefined, method: string, path: string): Members | null {
  if (content === undefined) return null;
  const example = content.example ?? Object.values(content.examples ?? {})[0]?.value;
  if (example === undefined) throw new Error(`${method} ${path} has a body without an example: give jsonBody one.`);
  return example;
}

/** The address and body of a request. */
export function requestOf(
  operation: GuardedOperation,
  given: Given,
): { readonly path: string; readonly body?: Members } {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => given.path[name] ?? "");
  const query = new URLSearchParams(given.query).toString();
  const body = operation.body && { ...operation.body, ...given.body };
  return { path: query === "" ? path : `${path}?${query}`, ...(body && { body }) };
}
