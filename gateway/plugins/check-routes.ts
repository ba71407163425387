import type { RouteConfig } from "@hono/zod-openapi";
import type { Localized } from "../../core/language.ts";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import type { RawIntakeRoute } from "../../core/plugin/raw-intake.ts";
import { withoutStop } from "./check-members.ts";
import { faultOf, type PluginFault } from "./plugin-failure.ts";

/** What the gateway serves itself: a plugin may not stand there. */
const OWN_PATHS = [
  ...["/v1", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/oauth", "/auth", "/capture.js", "/console"],
] as const;
const BEGINS_WITH_ID = /^\/\{\w+\}(?:\/|$)/;
const ENDS_WITH_SECRET = /^\/\{\w+\}\/(?:.*\/)?\{\w+\}$/;

/** A route as its plugin declares it. */
interface Declared {
  readonly methods: readonly string[];
  readonly path: string;
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly isRaw: boolean;
}

/** What has been taken by plugins that were loaded before. */
export interface Taken {
  readonly basePaths: ReadonlyMap<string, string>;
  readonly operationIds: ReadonlyMap<string, string>;
}

/** What a plugin takes for itself. */
export interface Claims {
  readonly basePath: string;
  readonly operationIds: readonly string[];
}

/** Where a plugin's routes are mounted. */
export const basePathOf = ({ name, basePath }: Pick<SourcePlugin, "name" | "basePath">): string =>
  basePath ?? `/sources/${name}`;

/** Lets a plugin declare its routes to nobody, and tells everything that would keep them from being mounted. */
export function checkRoutes(
  plugin: SourcePlugin,
  taken: Taken,
): { readonly claims: Claims; readonly faults: readonly PluginFault[] } {
  const basePath = basePathOf(plugin);
  const declared = declaredBy(plugin);
  if ("fault" in declared) return { claims: { basePath, operationIds: [] }, faults: [declared.fault] };
  const { routes } = declared;
  const operationIds = routes.flatMap(({ operationId }) => operationId ?? []);
  const faults = [
    ...basePathFaults(plugin, basePath, taken),
    ...verifierFaults(plugin, routes),
    ...routes.flatMap((route) => routeFaults(plugin, route)),
    ...twiceFaults(operationIds, taken),
  ];
  return { claims: { basePath, operationIds }, faults };
}

function declaredBy(plugin: SourcePlugin): { readonly routes: readonly Declared[] } | { readonly fault: PluginFault } {
  const routes: Declared[] = [];
  try {
    plugin.routes?.({
      intake({ method, path, operationId, summary }: RouteConfig) {
        routes.push({ methods: [method], path, operationId, summary, isRaw: false });
      },
      rawIntake({ methods, path, operationId, summary }: RawIntakeRoute) {
        routes.push({ methods, path, operationId, summary, isRaw: true });
      },
    });
    return { routes };
  } catch (error) {
    return {
      fault: faultOf("routes", sentences.throws, sentences.throwsMend, { why: withoutStop(error) }),
    };
  }
}

function basePathFaults(plugin: SourcePlugin, basePath: string, { basePaths }: Taken): PluginFault[] {
  const own = OWN_PATHS.find((path) => overlap(path, basePath));
  const [other] = [...basePaths].filter(([path]) => overlap(path, basePath)).map(([, name]) => name);
  const member = plugin.basePath === undefined ? "name" : "basePath";
  if (own !== undefined) return [faultOf(member, sentences.ownPath, sentences.otherPath, { path: basePath, of: own })];
  if (other !== undefined)
    return [faultOf(member, sentences.takenPath, sentences.otherPath, { path: basePath, of: other })];
  return [];
}

const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);

function verifierFaults({ verify, handle }: SourcePlugin, routes: readonly Declared[]): PluginFault[] {
  if (verify === null && routes.length > 0) return [faultOf("verify", sentences.noVerifier, sentences.giveVerifier)];
  if (handle === undefined && routes.some(({ isRaw }) => isRaw))
    return [faultOf("handle", sentences.noHandle, sentences.giveHandle)];
  return [];
}

function routeFaults({ verify }: SourcePlugin, route: Declared): PluginFault[] {
  const of = { route: `${route.methods.join(", ").toUpperCase()} ${route.path}` };
  const faults: PluginFault[] = [];
  const isInPath = verify !== null && typeof verify !== "function" && verify.reads === "address" && !verify.parameter;
  if (!BEGINS_WITH_ID.test(route.path)) faults.push(faultOf("routes", sentences.path, sentences.givePath, of));
  else if (isInPath && !ENDS_WITH_SECRET.test(route.path))
    faults.push(faultOf("routes", sentences.noSecret, sentences.giveSecret, of));
  if (!route.operationId) faults.push(faultOf("routes", sentences.noOperationId, sentences.giveOperationId, of));
  if (!route.summary) faults.push(faultOf("routes", sentences.noSummary, sentences.giveSummary, of));
  return faults;
}

function twiceFaults(operationIds: readonly string[], taken: Taken): PluginFault[] {
  const twice = operationIds.filter((id, i) => operationIds.indexOf(id) !== i || taken.operationIds.has(id));
  return twice.map((id) => faultOf("routes", sentences.twice, sentences.giveOperationId, { id }));
}

const sentences = {
  throws: { ru: "объявление маршрутов бросает исключение: {why}", en: "throws while it declares routes: {why}" },
  throwsMend: { ru: "Исправьте функцию routes", en: "Mend the function routes" },
  ownPath: {
    ru: "путь {path} пересекается с путём самого шлюза {of}",
    en: "the path {path} runs into {of}, which is the gateway's own",
  },
  takenPath: {
    ru: "путь {path} уже занят плагином {of}",
    en: "the path {path} is taken already, by the plugin {of}",
  },
  otherPath: { ru: "Возьмите другой", en: "Take another one" },
  noVerifier: {
    ru: "null, а маршруты есть: отправителем мог бы быть кто угодно",
    en: "is null though there are routes: their senders could be anyone",
  },
  giveVerifier: {
    ru: "Дайте один из проверяющих metrika-gateway/plugin",
    en: "Give one of the verifiers of metrika-gateway/plugin",
  },
  noHandle: { ru: "нет, а маршруты rawIntake есть", en: "is missing though there are routes of raw intakes" },
  giveHandle: { ru: "Дайте функцию handle(source, intake)", en: "Give a function handle(source, intake)" },
  path: {
    ru: "маршрут {route} не начинается с id источника",
    en: "the route {route} does not begin with the source's id",
  },
  givePath: { ru: "Начните путь с /{source_id}", en: "Begin its path with /{source_id}" },
  noSecret: {
    ru: "маршрут {route} не кончается секретом, который проверяет pathSecret()",
    en: "the route {route} does not end with the secret that pathSecret() looks for",
  },
  giveSecret: { ru: "Закончите путь на /{secret}", en: "End its path with /{secret}" },
  noOperationId: { ru: "у маршрута {route} нет operationId", en: "the route {route} has no operationId" },
  giveOperationId: {
    ru: "Дайте operationId, которого нет у других маршрутов",
    en: "Give an operationId that no other route has",
  },
  noSummary: { ru: "у маршрута {route} нет summary", en: "the route {route} has no summary" },
  giveSummary: { ru: "Скажите в summary, что он делает", en: "Say in its summary what it does" },
  twice: { ru: "operationId {id} уже занят", en: "the operationId {id} is taken already" },
} as const satisfies Record<string, Localized>;
