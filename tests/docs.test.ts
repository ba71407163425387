import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { accountSentences } from "../core/accounts/account-state.ts";
import { tokenSentences } from "../core/accounts/check-token.ts";
import { counterSentences } from "../core/accounts/counter-state.ts";
import { goalSentences } from "../core/accounts/judge-goal.ts";
import { auditActions } from "../core/audit/actions.ts";
import { findingSentences } from "../core/conversion/findings.ts";
import { normaliseConversion } from "../core/conversion/normalise.ts";
import { deliverySentences, rowDetails } from "../core/delivery/sentences.ts";
import { metrikaSentences } from "../core/metrika/sentences.ts";
import { BatchStatus } from "../core/plugin/answer-schemas.ts";
import { problemCatalogue } from "../core/plugin/problem-catalogue.ts";
import { checkSentences } from "../core/sources/check-source.ts";
import { configSentences } from "../core/sources/open-config.ts";
import { rawIntakeSentences } from "../core/sources/raw-intakes/sentences.ts";
import { runSentences } from "../core/sources/runs/sentences.ts";
import { uploadStates } from "../core/store/port/uploads.ts";
import { settings } from "../gateway/config.ts";
import { fieldSentences } from "../gateway/http/field-faults.ts";
import { addressSentences } from "../gateway/public-address.ts";
import { counterChecks } from "../gateway/routes/counter-shapes.ts";
import { goalChecks } from "../gateway/routes/goal-shapes.ts";
import { invitationChecks } from "../gateway/routes/invitations.ts";
import { sourceChecks } from "../gateway/routes/source-fields.ts";
import { sourceSentences } from "../gateway/routes/source-page.ts";
import packageJson from "../package.json" with { type: "json" };
import { specificationExample } from "../plugins/webhook-offline/examples.ts";

const ROOT = join(import.meta.dir, "..");

const documents = ["*.md", "{docs,core,gateway,plugins,openapi,tests}/**/*.md"]
  .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT })])
  .sort();
const webhookDocs = ["docs/WebhookOfflineConversions.md", "docs/WebhookOfflineConversions.en.md"] as const;
const deliveryDocs = ["docs/delivery.ru.md", "docs/delivery.md"] as const;
const operations = ["docs/operations.ru.md", "docs/operations.md"] as const;
const deployment = ["docs/deployment.ru.md", "docs/deployment.md"] as const;
const scaling = ["docs/scaling.ru.md", "docs/scaling.md"] as const;
const access = ["docs/access.ru.md", "docs/access.md"] as const;
const identifiers = ["docs/identifiers.ru.md", "docs/identifiers.md"] as const;
const sources = ["docs/sources.ru.md", "docs/sources.md"] as const;
const rawIntakes = ["docs/raw-intakes.ru.md", "docs/raw-intakes.md"] as const;
const runs = ["docs/runs.ru.md", "docs/runs.md"] as const;
const twins = [
  webhookDocs,
  deliveryDocs,
  access,
  sources,
  operations,
  deployment,
  scaling,
  identifiers,
  rawIntakes,
  runs,
  ["docs/custom-webhook.ru.md", "docs/custom-webhook.md"],
  ["docs/deal-mapping.ru.md", "docs/deal-mapping.md"],
  ["docs/amocrm.ru.md", "docs/amocrm.md"],
  ["README.ru.md", "README.md"],
] as const;
/** The pages that share the codes among them, of each language. */
const codePages = [
  [webhookDocs[0], deliveryDocs[0], access[0], sources[0], rawIntakes[0], runs[0]],
  [webhookDocs[1], deliveryDocs[1], access[1], sources[1], rawIntakes[1], runs[1]],
] as const;

/** Every catalogue of codes, by the name that stands above its table in the documents: `<!-- codes: problems -->`. */
const catalogues: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  rowDetails,
  problems: problemCatalogue,
  fields: { ...fieldSentences, ...invitationChecks, ...sourceChecks, ...counterChecks, ...goalChecks },
  findings: findingSentences,
  delivery: deliverySentences,
  metrika: metrikaSentences,
  token: tokenSentences,
  counters: counterSentences,
  goals: goalSentences,
  account: accountSentences,
  address: addressSentences,
  waiting: configSentences,
  rawIntakes: rawIntakeSentences,
  runs: runSentences,
  checks: checkSentences,
  sourceWarnings: sourceSentences,
  audit: auditActions,
};

const textOf = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** A document without its fenced blocks. */
const proseOf = (path: string) => textOf(path).replace(/^```[\s\S]*?^```$/gm, "");

const fencesOf = (path: string) =>
  [...textOf(path).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", content = ""]) => ({
    language,
    content,
  }));

const headingsOf = (path: string) =>
  [...proseOf(path).matchAll(/^(#+) (.+)$/gm)].map(([, marks = "", title = ""]) => ({ level: marks.length, title }));

type Table = readonly (readonly string[])[];

/** The cells of each table, header first; `\|` in a cell is not expected. */
function tablesOf(text: string): Table[] {
  return [...text.matchAll(/(?:^\|.*\|$\n?)+/gm)].map(([table]) =>
    table
      .trim()
      .split("\n")
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      )
      .filter((_, row) => row !== 1),
  );
}

const bare = (cell = "") => cell.replace(/^`|`$/g, "");

/** How GitHub makes an anchor of a heading. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

test("the documents that the tests below walk are found", () => {
  expect(documents).toEqual(expect.arrayContaining([...twins.flat(), "docs/decisions.md", "plugins/README.md"]));
});

test.each(documents)("every relative link of %s leads somewhere", (path) => {
  const links = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const broken = links
    .filter((target) => !/^[a-z]+:/i.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const there = file === "" ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, there))) return true;
      return anchor !== undefined && !headingsOf(there).some(({ title }) => anchorOf(title) === decodeURI(anchor));
    });
  expect(broken).toEqual([]);
});

test.each(documents)("every command of %s is a script of the package", (path) => {
  const scripts = [...textOf(path).matchAll(/\bbun(?:@[\d.]+)? run (?:--silent )?([a-z][\w-]*)/g)].map(
    ([, name]) => name,
  );
  expect(scripts.filter((name) => !Object.hasOwn(packageJson.scripts, name ?? ""))).toEqual([]);
});

test.each(documents)("every JSON example of %s parses", (path) => {
  const examples = fencesOf(path).flatMap(({ language, content }) => {
    if (language === "json") return [content];
    // A body that shell variables complete is not JSON yet.
    return language === "sh" ? [...content.matchAll(/ -d '([^']+)'/g)].map(([, body = ""]) => body) : [];
  });
  for (const example of examples) expect(() => JSON.parse(example)).not.toThrow();
});

test.each(webhookDocs)("the specification's example stands in %s, and its conversion is accepted", (path) => {
  const bodies = [...textOf(path).matchAll(/ -d '([^']+)'/g)].map(([, body = ""]) => JSON.parse(body));
  const [shown] = bodies.filter((body) => Bun.deepEquals(body, specificationExample));
  const options = { timeZone: "Europe/Moscow", defaultCurrency: "RUB", allowPersonalUserId: false, now: Date.now() };
  expect(normaliseConversion(shown?.conversions[0], options)).toMatchObject({ ok: true });
});

/** Each table of codes in the pages of one language: its page, its catalogue, and its lines below the header. */
const codeTablesOf = (pages: readonly string[]) =>
  pages.flatMap((page) =>
    textOf(page)
      .split(/^<!-- codes: (\w+) -->$/m)
      .flatMap((name, i, parts) =>
        i % 2 === 1 ? [{ page, name, rows: tablesOf(parts[i + 1] ?? "")[0]?.slice(1) ?? [] }] : [],
      ),
  );

for (const pages of codePages) {
  const tables = codeTablesOf(pages);
  const rowsOf = (name: string) => tables.filter((table) => table.name === name).flatMap(({ rows }) => rows);

  test(`every catalogue of codes stands in ${pages.join(" or ")}, and nothing else is called one`, () => {
    expect([...new Set(tables.map(({ name }) => name))].sort()).toEqual(Object.keys(catalogues).sort());
  });

  test.each(Object.entries(catalogues))(
    `the codes of %s stand in ${pages.join(" or ")}, all of them and no other`,
    (name, catalogue) => {
      expect(
        rowsOf(name)
          .map(([code]) => bare(code))
          .sort(),
      ).toEqual(Object.keys(catalogue).sort());
    },
  );

  test(`the HTTP status beside each problem in ${pages[0]} is the one it is answered with`, () => {
    const statuses = Object.fromEntries(rowsOf("problems").map(([code, status]) => [bare(code), Number(status)]));
    expect(statuses).toEqual(
      Object.fromEntries(Object.entries(problemCatalogue).map(([code, { status }]) => [code, status])),
    );
  });
}

test.each(deliveryDocs)("%s names every state of an upload and every status of a batch, and no other", (path) => {
  const named = (header: string) =>
    tablesOf(proseOf(path))
      .filter(([first]) => first?.length === (header === "`state`" ? 3 : 2) && first[0] === header)
      .flatMap(([, ...rows]) => rows.map(([code]) => bare(code)));
  expect(named("`state`").sort()).toEqual([...uploadStates].sort());
  expect(named("`status`").sort()).toEqual([...BatchStatus.entries.status.options].sort());
});

test.each([...webhookDocs, ...deliveryDocs, ...operations, ...sources])(
  "every name that %s gives for a field, an option or a code exists",
  (path) => {
    const known = new Set([
      ...namesOf(JSON.parse(textOf("openapi/openapi.json"))),
      ...Object.values(catalogues).flatMap(Object.keys),
    ]);
    const named = [...proseOf(path).matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name = ""]) => name);
    // What Yandex OAuth answers with.
    expect(named.filter((name) => !known.has(name) && name !== "access_token")).toEqual([]);
  },
);

test.each([...webhookDocs, ...deliveryDocs, ...operations, ...sources])(
  "every address that %s names is an operation of the API",
  (path) => {
    const { paths } = JSON.parse(textOf("openapi/openapi.json")) as { paths: Record<string, Record<string, unknown>> };
    const operationsOf = Object.entries(paths).flatMap(([address, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${address}`),
    );
    const named = [...proseOf(path).matchAll(/`(GET|POST|PATCH|DELETE) (\/v1\/[^\s`?]+)/g)].map(
      ([, method, address]) => `${method} ${address}`,
    );
    expect(named.filter((operation) => !operationsOf.includes(operation))).toEqual([]);
  },
);

/** Every name and value that the OpenAPI document knows: properties, parameters, choices. */
function namesOf(part: unknown): string[] {
  if (typeof part === "string") return [part];
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, member]) => [key, ...namesOf(member)]);
}

const isSettings = ([header]: Table) => header?.[0] === "Setting" || header?.[0] === "Настройка";

test.each(operations)("%s lists every setting with its default", (path) => {
  const [, ...rows] = tablesOf(proseOf(path)).find(isSettings) ?? [];
  const listed = rows.map(([name, fallback]) => ({
    name: bare(name),
    default: fallback === "—" ? null : bare(fallback),
  }));
  expect(listed).toEqual(settings.map(({ name, default: fallback }) => ({ name, default: fallback })));
});

test("the English list of settings says what the gateway itself says of them", () => {
  const [, ...rows] = tablesOf(proseOf("docs/operations.md")).find(isSettings) ?? [];
  expect(rows.map(([, , meaning]) => meaning)).toEqual(settings.map(({ meaning }) => meaning));
});

test.each(["README.md", "README.ru.md"])("the settings named in %s exist and have these defaults", (path) => {
  const [, ...rows] = tablesOf(proseOf(path)).find(isSettings) ?? [];
  expect(rows.length).toBeGreaterThan(0);
  for (const [name, fallback] of rows) {
    const setting = settings.find((known) => known.name === bare(name));
    expect({ name, default: fallback }).toEqual({
      name,
      default: setting?.default == null ? "—" : `\`${setting.default}\``,
    });
    expect(setting).toBeDefined();
  }
});

test.each(twins)("%s and %s have the same parts", (russian, english) => {
  const shapeOf = (path: string) => ({
    headings: headingsOf(path).map(({ level }) => level),
    tables: tablesOf(proseOf(path)).map((table) => table.map((row) => row.length)),
    examples: fencesOf(path).map(({ language }) => language),
  });
  expect(shapeOf(russian)).toEqual(shapeOf(english));
});

test.each(twins.flat())("the tables of %s are whole", (path) => {
  for (const [header = [], ...rows] of tablesOf(proseOf(path))) {
    for (const row of rows) expect(row).toHaveLength(header.length);
  }
});
