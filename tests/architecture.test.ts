import { expect, test } from "bun:test";
import { dirname, join, relative } from "node:path";

const ROOT = `${import.meta.dir}/..`;

/** Which parts each part of the program may import, besides itself. What is not listed here may import anything but tests. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "core/language.ts": [],
  "core/vault": [],
  "core/conversion": ["core/language.ts", "core/vault"],
  "core/store": ["core/language.ts", "core/conversion"],
  "core/metrika": ["core/language.ts", "core/conversion"],
  "core/metrika/simulator": ["core/metrika"],
  "core/accounts": [
    ...[
      "core/audit",
      "core/conversion",
      "core/identity",
      "core/language.ts",
      "core/metrika",
      "core/plugin",
      "core/store",
    ],
    "core/vault",
  ],
  "core/audit": ["core/language.ts", "core/store", "core/vault"],
  "core/expressions": ["core/language.ts"],
  "core/identity": ["core/language.ts", "core/plugin", "core/store", "core/vault"],
  "core/intake": ["core/language.ts", "core/conversion", "core/store", "core/vault"],
  "core/delivery": ["core/language.ts", "core/conversion", "core/metrika", "core/store", "core/vault"],
  "core/outgoing": ["core/language.ts"],
  "core/rotation": ["core/store", "core/vault"],
  "core/plugin": [
    ...["core/language.ts", "core/conversion", "core/delivery", "core/expressions", "core/intake", "core/outgoing"],
    ...["core/store", "core/vault"],
  ],
  "core/sources": [
    ...["core/language.ts", "core/accounts", "core/conversion", "core/delivery", "core/expressions", "core/intake"],
    ...["core/metrika", "core/plugin", "core/store", "core/vault"],
  ],
  // By their name alone: `metrika-gateway/plugin`.
  "plugins/amocrm": [],
  "plugins/callibri": [],
  "plugins/calltouch": [],
  "plugins/bitrix24": [],
  "plugins/custom-webhook": [],
  "plugins/mango": [],
  "plugins/retailcrm": [],
  "plugins/tilda": [],
  "plugins/uis": [],
  "plugins/webhook-offline": [],
  "plugins/woocommerce": [],
  // Pure, so that a child process can learn with it alone.
  "plugins/metrika-scoring/learning": [],
};

/** Of what is not listed above, only these may import the simulator. */
const PLAYS_METRIKA = /^(?:gateway\/demo\/|gateway\/testing\/|gateway\/cli\/simulate\.ts$)/;

interface Import {
  readonly from: string;
  readonly to: string;
}

/** The part of the program that a file belongs to: the longest listed path, else its first two folders. */
function partOf(path: string): string {
  const listed = Object.keys(mayImport).filter((part) => path === part || path.startsWith(`${part}/`));
  return listed.sort((a, b) => b.length - a.length)[0] ?? path.split("/").slice(0, 2).join("/");
}

async function relativeImports(): Promise<readonly Import[]> {
  const found: Import[] = [];
  for (const ring of ["core", "plugins", "gateway", "openapi"]) {
    for await (const name of new Bun.Glob("**/*.ts").scan(`${ROOT}/${ring}`)) {
      const from = `${ring}/${name}`;
      if (from.endsWith(".test.ts")) continue;
      const text = await Bun.file(`${ROOT}/${from}`).text();
      for (const [, path = ""] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)) {
        found.push({ from, to: relative(ROOT, join(ROOT, dirname(from), path)) });
      }
    }
  }
  return found;
}

const imports = await relativeImports();

test("each part of the program imports only what the architecture lets it import", () => {
  const forbidden = imports.filter(({ from, to }) => {
    const [part, other] = [partOf(from), partOf(to)];
    return part !== other && part in mayImport && !mayImport[part]?.includes(other);
  });
  expect(forbidden).toEqual([]);
  expect(imports.length).toBeGreaterThan(400);
});

test("every folder of the core and every plugin has its place in the architecture", () => {
  const parts = new Set(imports.map(({ from }) => partOf(from)));
  const inner = [...parts].filter((part) => part.startsWith("core/") || part.startsWith("plugins/"));
  expect(inner.filter((part) => !(part in mayImport))).toEqual([]);
});

test("only the demo and the command that serves it import the simulator", () => {
  const players = imports
    .filter(({ from, to }) => partOf(to) === "core/metrika/simulator" && partOf(from) !== "core/metrika/simulator")
    .filter(({ from }) => !PLAYS_METRIKA.test(from));
  expect(players).toEqual([]);
});

test("nothing that ships imports tests", () => {
  expect(imports.filter(({ to }) => to.startsWith("tests/") || to.endsWith(".test.ts"))).toEqual([]);
});

test("supabase-js is loaded when somebody signs in, never at the start", async () => {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const kinds: string[] = [];
  for await (const name of new Bun.Glob("{core,plugins,gateway}/**/*.ts").scan(ROOT)) {
    if (name.endsWith(".test.ts")) continue;
    const found = transpiler.scanImports(await Bun.file(`${ROOT}/${name}`).text());
    kinds.push(...found.filter(({ path }) => path.startsWith("@supabase/")).map(({ kind }) => kind));
  }
  expect(new Set(kinds)).toEqual(new Set(["dynamic-import"]));
});
