import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { type Language, quoteValue } from "../../core/language.ts";
import { configJsonSchema } from "../../core/plugin/config-json-schema.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import type { ListedPlugin } from "../../core/sources/plugin-catalogue.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { explainPluginFailure, type PluginFailure } from "../plugins/plugin-failure.ts";
import type { RouteDeps } from "./deps.ts";

/** A plugin as it is shown. */
const Plugin = v.pipe(
  v.object({
    name: v.string(),
    version: v.string(),
    title: v.string(),
    summary: v.string(),
    config_version: v.number(),
    config_schema: v.pipe(
      v.record(v.string(), v.unknown()),
      v.description("JSON Schema (2020-12) of `config`; a secret is `writeOnly` with the format `password`"),
    ),
    secret_names: v.pipe(v.array(v.string()), v.description("The secrets of `config`, by their paths: access.token")),
    senders: v.pipe(
      v.nullable(
        v.object({
          place: v.pipe(
            v.nullable(v.string()),
            v.description("Where a sender shows its secret or signature; null: its source's config says so"),
          ),
          secret_from: v.pipe(
            v.nullable(v.picklist(["gateway", "sender", "either"])),
            v.description("Who makes the secret. `either`: the gateway, unless one is given"),
          ),
        }),
      ),
      v.description("How senders prove themselves; null: nobody sends anything"),
    ),
    default_schedule: v.pipe(
      v.nullable(v.string()),
      v.description("When a source runs unless it says otherwise, as a cron; null: it does nothing by the clock"),
    ),
    has_check: v.pipe(v.boolean(), v.description("Whether the connection of a source can be tested")),
    keeps_raw_intakes: v.pipe(
      v.boolean(),
      v.description("Whether requests are kept as they came, answered at once and handled afterwards"),
    ),
    defaults: v.pipe(
      v.object({ dedupe_by: v.picklist(["exact", "purchase"]), identifiers: v.picklist(["all", "best"]) }),
      v.description("What a new source has where nobody says otherwise"),
    ),
    routes: v.array(v.object({ methods: v.array(v.string()), path: v.string(), summary: v.string() })),
  }),
  component("Plugin"),
);

/** A plugin that is listed and could not be loaded. */
const NotLoadedPlugin = v.pipe(
  v.object({
    listed: v.pipe(v.string(), v.description("As `GATEWAY_PLUGINS` names it")),
    name: v.pipe(v.nullable(v.string()), v.description("Its own name; null where nothing of it could be read")),
    code: v.picklist(["plugin_not_found", "plugin_not_imported", "plugin_unfit"]),
    message: v.pipe(v.string(), v.description("Which plugin, what is wrong with which member of it, and the mend")),
    members: v.pipe(v.array(v.string()), v.description("The members that do not fit: title.ru, routes")),
  }),
  component("NotLoadedPlugin"),
);

/** The plugins, and those that there would be. */
const PluginList = v.pipe(
  v.object({
    data: v.array(Plugin),
    not_loaded: v.pipe(
      v.array(NotLoadedPlugin),
      v.description("Those that are listed and could not be loaded; their sources wait for a person"),
    ),
  }),
  component("PluginList"),
);

const tags = ["Plugins"];

const listPlugins = createRoute({
  method: "get",
  path: "/v1/plugins",
  operationId: "listPlugins",
  tags,
  ...guarded("read"),
  summary: "List the plugins that sources can be made of, by name",
  responses: {
    200: jsonResponse(PluginList, {
      description: "The plugins that the gateway was started with",
    }),
    ...problemResponses(...accessProblems),
  },
});

const readPlugin = createRoute({
  method: "get",
  path: "/v1/plugins/{plugin_name}",
  operationId: "readPlugin",
  tags,
  ...guarded("read"),
  summary: "Read a plugin",
  request: { params: z.object({ plugin_name: z.string() }) },
  responses: {
    200: jsonResponse(Plugin, { description: "The plugin" }),
    ...problemResponses(...accessProblems, "not_found"),
  },
});

/** The plugins that sources can be made of. */
export function pluginRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { catalogue, routeBook } = deps;

  const answer = ({ plugin, secrets }: ListedPlugin, language: Language) => ({
    name: plugin.name,
    version: plugin.version,
    title: plugin.title[language],
    summary: plugin.summary[language],
    config_version: plugin.configVersion ?? 1,
    config_schema: { ...configJsonSchema(plugin.config) },
    secret_names: [...secrets],
    senders: sendersAnswer(plugin.verify, language),
    default_schedule: plugin.schedule?.defaultCron ?? null,
    has_check: plugin.check !== undefined,
    keeps_raw_intakes: plugin.handle !== undefined,
    defaults: {
      dedupe_by: plugin.defaults?.dedupeBy ?? defaultOptions.dedupeBy,
      identifiers: plugin.defaults?.identifiers ?? defaultOptions.identifiers,
    },
    routes: routeBook.of(plugin.name).map(({ methods, ...route }) => ({ methods: [...methods], ...route })),
  });

  router.openapi(listPlugins, async (c) => {
    await deps.authorize(c, listPlugins);
    const language = languageOf(c);
    const data = catalogue.list.map((listed) => answer(listed, language));
    return c.json({ data, not_loaded: deps.notLoaded.map((failure) => failureAnswer(failure, language)) }, 200);
  });

  router.openapi(readPlugin, async (c) => {
    await deps.authorize(c, readPlugin);
    const listed = catalogue.find(c.req.param("plugin_name"));
    if (listed === null) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    return c.json(answer(listed, languageOf(c)), 200);
  });

  return router;
}

function sendersAnswer(verify: ListedPlugin["plugin"]["verify"], language: Language) {
  if (verify === null) return null;
  if (typeof verify === "function") return { place: null, secret_from: null };
  return { place: verify.place[language], secret_from: verify.secretFrom };
}

/** What a module throws may tell of the operator's machine, so that it stands in the log alone. */
function failureAnswer(failure: PluginFailure, language: Language) {
  const { listed, name, code, faults } = failure;
  const shown = code === "plugin_not_imported" ? { ...failure, faults: [] } : failure;
  const members = [...new Set(faults.map(({ member }) => member).filter((member) => member !== ""))];
  return { listed, name, code, message: explainPluginFailure(shown, language), members };
}
