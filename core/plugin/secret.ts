import * as v from "valibot";

/** Marks a text of a plugin's config that is encrypted, never shown and never logged: a token, a key of signatures. */
export function secret<Schema extends v.GenericSchema<string, string>>(schema: Schema) {
  return v.pipe(schema, v.metadata({ secret: true }));
}

/**
 * The paths of the secrets in a schema of objects ("access.token"), in no order. Secrets stand in objects, optional or not,
 * never in lists or alternatives: what may stand in many places could be missed in one.
 * @throws {Error} for a secret elsewhere
 */
export function secretPaths(schema: v.GenericSchema): readonly string[] {
  const found: string[] = [];
  walk(schema, "", found);
  return found;
}

/** The parts of valibot's schemas that may hold others; every kind of schema says what it has. */
interface Holder {
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly wrapped?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly items?: readonly v.GenericSchema[];
  readonly rest?: v.GenericSchema | null;
  readonly value?: v.GenericSchema;
  readonly options?: readonly unknown[];
  readonly pipe?: readonly { readonly kind: string; readonly type: string; readonly metadata?: unknown }[];
}

function walk(schema: v.GenericSchema, path: string, found: string[]): void {
  const holder = schema as unknown as Holder;
  if (isMarked(holder)) {
    if (path === "") throw new Error("A config is an object; it cannot be a secret itself.");
    found.push(path);
    return;
  }
  for (const [name, entry] of Object.entries(holder.entries ?? {})) {
    walk(entry, path === "" ? name : `${path}.${name}`, found);
  }
  if (holder.wrapped) walk(holder.wrapped, path, found);
  // The first of a pipe is the schema that the others refine; it carries the entries too, which are spread into the pipe.
  const elsewhere = [holder.item, ...(holder.items ?? []), holder.rest, holder.value, ...alternatives(holder)];
  for (const part of elsewhere) {
    if (!part) continue;
    const inside: string[] = [];
    walk(part, `${path}[]`, inside);
    if (inside.length > 0) throw new Error(`The secret "${inside[0]}" stands in a list or an alternative.`);
  }
}

const isMarked = ({ pipe = [] }: Holder) =>
  pipe.some(({ type, metadata }) => type === "metadata" && (metadata as { secret?: unknown })?.secret === true);

const alternatives = ({ options = [] }: Holder) =>
  options.filter((it): it is v.GenericSchema => typeof it === "object" && it !== null && "kind" in it);
