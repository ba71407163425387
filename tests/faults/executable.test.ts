import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import packageJson from "../../package.json" with { type: "json" };
import { type Ended, startGateway, type TemporaryFolder, temporaryFolder } from "../setup/process.ts";

// Building takes a second on a quiet machine.
setDefaultTimeout(60_000);

const ROOT = `${import.meta.dir}/../..`;

let built: TemporaryFolder;
let executable: string;

beforeAll(async () => {
  built = await temporaryFolder();
  executable = `${built.path}/metrika-gateway`;
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "run", "compile", "--outfile", executable], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (exitCode !== 0) throw new Error(`The build ended with ${exitCode}: ${stderr}`);
});
afterAll(() => built[Symbol.asyncDispose]());

/** Runs the executable to its end in a folder where nothing else is, with no environment but what is given. */
function runExecutable(folder: TemporaryFolder, words: readonly string[], ...env: readonly string[]): Ended {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["env", "-i", ...env, executable, ...words], {
    cwd: folder.path,
    timeout: 30_000,
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("the executable alone serves, makes keys and tells its health, from any folder without any setting", async () => {
  await using folder = await temporaryFolder();
  const bare = ["env", "-i", "PORT=0", "HOST=127.0.0.1", executable, "start"];
  await using gateway = await startGateway(folder, {}, bare);
  const port = `PORT=${new URL(gateway.url).port}`;

  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  const page = await (await fetch(`${gateway.url}/docs`)).text();
  const scripts = [...page.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => source);
  expect(scripts).toContain("docs/scalar.js");
  for (const script of scripts) expect((await fetch(`${gateway.url}/${script}`)).status).toBe(200);
  expect(await (await fetch(`${gateway.url}/capture.js`)).text()).toContain("metrikaGateway");
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { info: { version: string } };
  expect(document.info.version).toBe(packageJson.version);

  const key = runExecutable(folder, ["cli", "api-key", "create", "--name", "CRM"]);
  expect(key).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^mgw_\S+\n$/) });
  expect(runExecutable(folder, ["healthcheck"], port)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(runExecutable(folder, ["healthcheck", "--ready"], port).code).toBe(0);

  expect((await gateway.terminate()).code).toBe(0);
  const stopped = runExecutable(folder, ["healthcheck"], port);
  expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining("/healthz: ") });
});

test("the executable carries the demo, the simulator and its version, and names its commands", async () => {
  await using folder = await temporaryFolder();
  const help = runExecutable(folder, ["--help"]);
  expect(help.code).toBe(0);
  for (const command of ["start", "cli", "demo", "healthcheck"]) expect(help.stdout).toContain(`\n  ${command} `);
  for (const command of ["cli", "demo", "healthcheck"]) {
    expect(runExecutable(folder, [command, "--unknown-option"]).code).not.toBe(0);
  }
  expect(runExecutable(folder, ["--version"]).stdout).toBe(`${packageJson.version}\n`);
  expect(runExecutable(folder, ["demo", "--help"]).stdout).toContain("--once");
  expect(runExecutable(folder, ["cli", "simulate", "--help"]).stdout).toContain("--processing-seconds");
  const unknown = runExecutable(folder, ["sart"]);
  expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
  expect(unknown.stderr).toContain('no command "sart"');
});

test("a wrong setting ends the executable with the sentence that a start from source gives", async () => {
  await using folder = await temporaryFolder();
  const ended = runExecutable(folder, ["start"], "PORT=http", "TRUSTED_PROXIES=caddy");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("2 faults");
  expect(ended.stderr).not.toContain("    at ");
});

test("the executable loads plugins from folders and packages, and starts without one that is missing", async () => {
  await using folder = await temporaryFolder();
  const plugin = (name: string) => `
    import { defineSource } from "metrika-gateway/plugin";
    import * as v from "valibot";
    import { text } from "./text.ts";
    export default defineSource({
      apiVersion: 1, name: "${name}", version: "1.0.0", title: text, summary: text, config: v.object({}) as object, verify: null,
    });`;
  const text = "export const text: { ru: string; en: string } = { ru: 'Касса', en: 'Till' };";
  await Bun.write(`${folder.path}/till/index.ts`, plugin("till"));
  await Bun.write(`${folder.path}/till/text.ts`, text);
  const installed = `${folder.path}/node_modules/@shop/pay`;
  await Bun.write(`${installed}/package.json`, '{ "name": "@shop/pay", "type": "module", "exports": "./src/main.ts" }');
  await Bun.write(`${installed}/src/main.ts`, plugin("pay"));
  await Bun.write(`${installed}/src/text.ts`, text);
  const settings = ["PORT=0", "HOST=127.0.0.1", "GATEWAY_PLUGINS=./till,@shop/pay,absent"];
  await using gateway = await startGateway(folder, {}, ["env", "-i", ...settings, executable, "start"]);
  const headers = { authorization: `Bearer ${gateway.operatorToken}` };
  const answer = await (await fetch(`${gateway.url}/v1/plugins`, { headers })).json();
  expect(answer).toMatchObject({
    data: [{ name: "pay" }, { name: "till" }],
    not_loaded: [{ listed: "absent", name: null, code: "plugin_not_found" }],
  });
  expect(await gateway.log()).toContain('The plugin \\"absent\\" of GATEWAY_PLUGINS is not loaded');
});
