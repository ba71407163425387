import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { bundled } from "../plugins.ts";
import { loadPlugins } from "./load-plugins.ts";
import { explainPluginFailure } from "./plugin-failure.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/plugins-`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A plugin as its author writes it; `change` stands behind its other members. */
const source = (change = "") => `
import { defineSource, sharedSecret, createRoute, z } from "metrika-gateway/plugin";
import * as v from "valibot";
const route = (path: string, operationId: string) => createRoute({
  method: "post", path, operationId, summary: "Receive", request: { params: z.object({ source_id: z.string() }) },
  responses: { 200: { description: "ok" } },
});
const text = { ru: "Касса", en: "Till" };
export default defineSource({
  apiVersion: 1, name: "till", version: "1.0.0", title: text, summary: text, config: v.object({}),
  verify: sharedSecret("X-Till"),
  routes(router) { router.intake(route("/{source_id}", "receiveTill"), (c) => c.json({}, 200)); },
  ${change}
});`;

async function write(path: string, text: string): Promise<void> {
  await mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
  await Bun.write(`${folder}/${path}`, text);
}

/** The faults of one plugin, as "member: problem. mend". */
async function faultsOf(path: string, text: string): Promise<readonly string[]> {
  await write(`${path}/index.ts`, text);
  const { plugins, notLoaded } = await loadPlugins([`./${path}`], folder);
  expect(plugins).toEqual([]);
  return notLoaded.flatMap(({ faults }) =>
    faults.map(({ member, problem, mend }) => `${member}: ${problem.en}. ${mend.en}`),
  );
}

test("bundled names, folders and packages are loaded in their order", async () => {
  await write("good/index.ts", source());
  await write("node_modules/@shop/pay/package.json", '{"name":"@shop/pay","exports":{".":{"import":"./src/pay.ts"}}}');
  await write(
    "node_modules/@shop/pay/src/pay.ts",
    source('name: "pay", routes: undefined, verify: null').replace("./", "."),
  );
  const { plugins, notLoaded } = await loadPlugins(["tilda", "./good", "@shop/pay"], folder);
  expect(notLoaded).toEqual([]);
  expect(plugins.map(({ name }) => name)).toEqual(["tilda", "till", "pay"]);
});

test("each bundled plugin keeps the contract beside the others", async () => {
  const names = Object.keys(bundled);
  const { plugins, notLoaded } = await loadPlugins(names, folder);
  expect(notLoaded).toEqual([]);
  expect(plugins.map(({ name }) => name)).toEqual(names);
});

test("a folder whose package.json names its entry is loaded from there", async () => {
  await write("named/package.json", '{"exports":"./lib/plugin.ts"}');
  await write("named/lib/plugin.ts", source('name: "named"'));
  const { plugins } = await loadPlugins([`${folder}/named`], "/");
  expect(plugins.map(({ name }) => name)).toEqual(["named"]);
});

test("a plugin that fails leaves the others alone and is named as it was listed", async () => {
  await write("fine/index.ts", source('name: "fine"'));
  await write("broken/index.ts", 'throw new Error("no licence"); export default {};');
  const { plugins, notLoaded } = await loadPlugins(["tidla", "./nowhere", "./broken", "./fine"], folder);
  expect(plugins.map(({ name }) => name)).toEqual(["fine"]);
  expect(notLoaded.map(({ listed, code }) => [listed, code])).toEqual([
    ["tidla", "plugin_not_found"],
    ["./nowhere", "plugin_not_found"],
    ["./broken", "plugin_not_imported"],
  ]);
  const told = notLoaded.map((failure) => explainPluginFailure(failure, "en"));
  expect(told[0]).toContain("Perhaps tilda?");
  expect(told[1]).toContain('The plugin "./nowhere" of GATEWAY_PLUGINS is not loaded');
  expect(told[2]).toContain("no licence");
});

test("every member that does not fit is told with its mend, all at once", async () => {
  const change = `apiVersion: 2 as never, name: "My Till", version: "1.0", title: { ru: "", en: "Till" },
    summary: { ru: "Касса" } as never, config: { type: "object" } as never, verify: {} as never, configVersion: 0,
    basePath: "/till/", schedule: { defaultCron: "0 0 30 2 *", async run() { return []; } }, check: true as never`;
  const faults = await faultsOf("unfit", source(change));
  expect(faults.map((fault) => fault.split(":", 1)[0])).toEqual([
    ...["apiVersion", "name", "version", "title.ru", "summary.en", "config", "configVersion", "basePath", "verify"],
    ...["check", "schedule"],
  ]);
  expect(faults[1]).toContain("such as my-crm");
  expect(faults[4]).toStartWith("summary.en: is missing");
});

test("a module without a plugin says what to export", async () => {
  expect(await faultsOf("empty", "export const plugin = 1;")).toEqual([
    ": the module has no default export. Write export default defineSource({ … })",
  ]);
});

test("a secret where it could be missed is a fault of the config", async () => {
  const change = "config: v.object({ tokens: v.array(v.pipe(v.string(), v.metadata({ secret: true }))) }) as never";
  expect(await faultsOf("lost-secret", source(change))).toEqual([
    expect.stringContaining("config: cannot be used: the secret"),
  ]);
});

test("routes that could not be served are told before they are", async () => {
  const routes = (body: string) => source(`routes(router) { ${body} }`);
  const handler = "(c) => c.json({}, 200)";
  const [path] = await faultsOf("r1", routes(`router.intake(route("/hook", "a"), ${handler});`));
  expect(path).toContain("Begin its path with /{source_id}");
  const twice = `router.intake(route("/{source_id}", "a"), ${handler}); router.intake(route("/{source_id}/b", "a"), ${handler});`;
  expect(await faultsOf("r2", routes(twice))).toEqual([expect.stringContaining("operationId a is taken")]);
  expect(await faultsOf("r3", routes("throw new Error('no route')"))).toEqual([expect.stringContaining("no route")]);
  expect(await faultsOf("r4", source("verify: null"))).toEqual([expect.stringContaining("could be anyone")]);
  const raw =
    'router.rawIntake({ path: "/{source_id}", methods: ["post"], operationId: "r", summary: "R", examples: {} });';
  expect(await faultsOf("r5", routes(raw))).toEqual([expect.stringContaining("handle: is missing")]);
  expect(await faultsOf("r6", source('basePath: "/v1/tills"'))).toEqual([expect.stringContaining("gateway's own")]);
});

test("two plugins cannot have one name, one path or one operation", async () => {
  await write("one/index.ts", source('name: "one"'));
  await write("same/index.ts", source('name: "one"'));
  await write("inside/index.ts", source('name: "inside", basePath: "/sources/one/in"'));
  const { notLoaded } = await loadPlugins(["./one", "./same", "./inside"], folder);
  expect(notLoaded.map(({ name, faults }) => [name, faults.map(({ member }) => member)])).toEqual([
    ["one", ["name"]],
    ["inside", ["basePath", "routes"]],
  ]);
});

test("a plugin gets the gateway's own copies, whatever lies beside it", async () => {
  await write("copies/node_modules/valibot/index.js", "export const object = () => ({ other: true });");
  await write("copies/node_modules/valibot/package.json", '{"name":"valibot","main":"index.js"}');
  await write("copies/index.ts", source('name: "copies"'));
  const { plugins } = await loadPlugins(["./copies"], folder);
  expect(plugins.map(({ name }) => name)).toEqual(["copies"]);
});
