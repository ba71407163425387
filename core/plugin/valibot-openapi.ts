import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

/** An OpenAPI 3.1 document; only what we touch is typed. */
export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** What a documented body is shown with. */
export interface BodyDescription<Value> {
  readonly description: string;
  readonly example?: Value;
  /** Named examples instead of one; each is shown with its summary. */
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value: Value }>>;
}

type Schemas = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>;
type SchemaObject = Exclude<Schemas[string], { $ref: string }>;

const COMPONENT = "x-component";

/**
 * Names a schema: `v.pipe(v.object({…}), component("Conversion"))`. {@link openApiDocument} lists it once under that
 * name and refers to it wherever it is used.
 */
export function component<Input>(name: string): v.MetadataAction<Input, { readonly [COMPONENT]: string }> {
  return v.metadata({ [COMPONENT]: name });
}

/**
 * A request body for `createRoute`, described by a valibot schema. zod-openapi documents it and lets it pass unread:
 * the handler reads it within our limits and judges it with `parseBody`.
 */
export function jsonBody<Schema extends v.GenericSchema>(
  schema: Schema,
  { description, ...shown }: BodyDescription<v.InferInput<Schema>>,
) {
  const content = { "application/json": { schema: jsonSchema(schema, "input"), ...shown } };
  return { description, required: true, content };
}

/**
 * A JSON answer for `createRoute`, described by a valibot schema: it enters the document, and the handler's `c.json` is
 * checked against the schema's output type. Nothing is validated at run time.
 */
export function jsonResponse<Schema extends v.GenericSchema>(
  schema: Schema,
  shown: BodyDescription<v.InferOutput<Schema>>,
) {
  return responseAs("application/json", schema, shown);
}

/** As {@link jsonResponse}, with another media type. */
export function responseAs<Type extends string, Schema extends v.GenericSchema>(
  mediaType: Type,
  schema: Schema,
  { description, ...shown }: BodyDescription<v.InferOutput<Schema>>,
) {
  // zod's part is to carry the type to the handler; the generator asks a custom type for `type`, and all our answers
  // are objects.
  const carrier = z.custom<v.InferOutput<Schema>>().openapi({ type: "object", ...jsonSchema(schema, "output") });
  const content = { [mediaType]: { schema: carrier, ...shown } } as {
    readonly [K in Type]: { readonly schema: typeof carrier };
  };
  return { description, content };
}

/**
 * The OpenAPI 3.1 document of an app, named schemas gathered under `components.schemas`.
 * @throws {Error} when two different schemas carry one name.
 */
export function openApiDocument(
  app: Pick<OpenAPIHono, "getOpenAPI31Document">,
  head: Parameters<OpenAPIHono["getOpenAPI31Document"]>[0],
): OpenApiDocument {
  const document = app.getOpenAPI31Document(head);
  const named = new Map<string, unknown>();
  const paths = withReferences(document.paths ?? {}, named) as NonNullable<typeof document.paths>;
  const gathered = Object.fromEntries([...named].sort(byName)) as Schemas;
  const schemas = { ...document.components?.schemas, ...gathered };
  return { ...document, paths, components: { ...document.components, schemas } };
}

/** Rules of a schema that JSON Schema cannot say are left out: the document is then wider than the check, never narrower. */
function jsonSchema(schema: v.GenericSchema, typeMode: "input" | "output"): SchemaObject {
  const { $schema: _, ...converted } = toJsonSchema(schema, { target: "draft-2020-12", typeMode, errorMode: "ignore" });
  // Both are JSON Schema 2020-12, typed by two libraries.
  return converted as SchemaObject;
}

/** A copy of a part of the document in which each named schema is a reference; the schemas themselves land in `named`. */
function withReferences(part: unknown, named: Map<string, unknown>): unknown {
  if (Array.isArray(part)) return part.map((element) => withReferences(element, named));
  if (typeof part !== "object" || part === null) return part;
  const { [COMPONENT]: name, ...own } = part as Readonly<Record<string, unknown>>;
  // Examples are values of the users, not schemas.
  const isValue = (key: string) => key === "example" || key === "examples";
  const copy = Object.fromEntries(
    Object.entries(own).map(([key, member]) => [key, isValue(key) ? member : withReferences(member, named)]),
  );
  if (typeof name !== "string") return copy;
  const known = named.get(name);
  if (known !== undefined && !Bun.deepEquals(known, copy)) throw new Error(`Two different schemas are named ${name}`);
  named.set(name, copy);
  return { $ref: `#/components/schemas/${name}` };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
