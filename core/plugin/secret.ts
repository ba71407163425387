import * as v from "valibot";

/** Marks a text of a plugin's config that is encrypted, never shown and never logged: a token, a key of signatures. */
export function secret<Schema extends v.GenericSchema<string, string>>(schema: Schema) {
  return v.pipe(schema, v.metadata({ secret: true }));
}

/** Whether a schema is marked by {@link secret}, whatever was piped onto it since. */
export const isSecret = (schema: v.GenericSchema): boolean => v.getMetadata(schema).secret === true;

/**
 * The paths of the secrets in a schema of objects ("access.token"), in the order of its fields. Secrets stand in objects,
 * optional or not, never in lists or alternatives: what may stand in many places could be missed in one.
 * @throws {Error} for a secret elsewhere, and for a name with a dot on its path
 */
export function secretPaths(schema: v.GenericSchema): readonly string[] {
  if (isSecret(schema)) throw new Error("a config is an object; it cannot be a secret itself.");
  return pathsIn(schema, [], new Set()).map((names) => {
    const odd = names.find((name) => name === ELSEWHERE || name.includes("."));
    const path = names.join(".");
    if (odd === undefined) return path;
    if (odd !== ELSEWHERE) throw new Error(`the name "${odd}" on the way to a secret has a dot in it.`);
    throw new Error(
      `the secret "${path}" stands in a list, an alternative or a part that is made when it is asked for.`,
    );
  });
}

/** Stands in a path for whatever is not a field of an object. */
const ELSEWHERE = "[]";

/** The parts of valibot's schemas that may hold others; every kind of schema says what it has. */
interface Holder {
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly wrapped?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly items?: readonly v.GenericSchema[];
  readonly rest?: v.GenericSchema;
  readonly key?: unknown;
  readonly value?: v.GenericSchema;
  readonly options?: readonly unknown[];
  readonly pipe?: readonly unknown[];
  readonly getter?: (input: unknown) => v.GenericSchema;
}

type Path = readonly string[];

function pathsIn(schema: v.GenericSchema, path: Path, entered: ReadonlySet<unknown>): readonly Path[] {
  if (isSecret(schema)) return [path];
  const holder = schema as Holder;
  // A schema that holds itself does so by its getter.
  if (holder.getter !== undefined && entered.has(holder.getter)) return [];
  const inside = holder.getter === undefined ? entered : new Set([...entered, holder.getter]);
  const fields = Object.entries(holder.entries ?? {}).flatMap(([name, entry]) =>
    pathsIn(entry, [...path, name], inside),
  );
  const wrapped = holder.wrapped === undefined ? [] : pathsIn(holder.wrapped, path, inside);
  // The first of a pipe is the schema that the others refine; its parts are spread into the pipe's own.
  const elsewhere = [
    ...[holder.item, holder.rest, holder.key, holder.value, holder.getter?.(undefined)],
    ...(holder.items ?? []),
    ...(holder.options ?? []),
    ...(holder.pipe?.slice(1) ?? []),
  ];
  const lost = elsewhere.filter(isSchema).flatMap((part) => pathsIn(part, [...path, ELSEWHERE], inside));
  return [...fields, ...wrapped, ...lost];
}

/** Among the alternatives of a choice there are bare values too, and among the parts of a pipe actions. */
const isSchema = (part: unknown): part is v.GenericSchema =>
  typeof part === "object" && part !== null && "kind" in part && part.kind === "schema";
