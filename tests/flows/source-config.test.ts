import { afterEach, expect, test } from "bun:test";
import { readdir, readFile, stat } from "node:fs/promises";
import { resetSync } from "@logtape/logtape";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { crmPlugin } from "../setup/crm-plugin.ts";
import { type Answer, startTestGateway, type TestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

/** Secrets without any shape by which they could be known. */
const planted = {
  token: "plainly-secret-token",
  replaced: "another-secret-token",
  key: "plainly-secret-signing-key",
  misplaced: "misplaced-secret-token",
  refused: "refused-secret-token",
} as const;

const faultsOf = ({ body }: Answer) => body.errors.map(({ field, code }) => [field, code]);

async function start() {
  const seen: unknown[] = [];
  const plugin = crmPlugin({
    async check(source) {
      seen.push(source.config);
      throw new Error(`401 for ${source.config.access_token} and ${source.config.signing?.key}`);
    },
  });
  const gateway = await startTestGateway({ plugins: [plugin] });
  const crm = { domain: "shop.crm.example", access_token: planted.token };
  const make = async (given: Readonly<Record<string, unknown>> = crm) => {
    const body = { plugin: "crm", name: "Shop", counter_id: demo.counterId, token: demo.token, config: given };
    const answer = await gateway.manage("POST", "/v1/sources", body);
    return String(answer.body.source_id);
  };
  const patch = (id: string, body: unknown) => gateway.manage("PATCH", `/v1/sources/${id}`, body);
  /** The config as the plugin gets it. */
  const used = async (id: string) => {
    await gateway.manage("POST", `/v1/sources/${id}/check`);
    return seen.at(-1);
  };
  return { ...gateway, crm, make, patch, used };
}

test("a secret that is left out keeps its value, a new one replaces it, null takes it away", async () => {
  const { make, patch, used } = await start();
  const id = await make();
  const domain = "new.crm.example";
  const kept = await patch(id, { config: { domain } });
  expect(kept.body).toMatchObject({ config: { domain }, secrets_set: ["access_token"] });
  expect(await used(id)).toEqual({ domain, access_token: planted.token });
  const signing = { key: planted.key, algorithm: "sha1" };
  await patch(id, { config: { domain, access_token: planted.replaced, signing } });
  expect(await used(id)).toEqual({ domain, access_token: planted.replaced, signing });
  const shown = await patch(id, { config: { domain, signing: { algorithm: "sha256" } } });
  expect(shown.body).toMatchObject({
    config: { domain, signing: { algorithm: "sha256" } },
    secrets_set: ["access_token", "signing.key"],
  });
  expect(await used(id)).toMatchObject({ signing: { key: planted.key, algorithm: "sha256" } });
  const without = await patch(id, { config: { domain, signing: null } });
  expect(without.body).toMatchObject({ config: { domain }, secrets_set: ["access_token"] });
  expect(await used(id)).toEqual({ domain, access_token: planted.replaced });
});

test("a config that no longer fits is refused whole, and the one before stays", async () => {
  const { make, patch, manage, crm, used } = await start();
  const id = await make();
  expect(faultsOf(await patch(id, { config: { domain: "x" }, name: "Renamed" }))).toEqual([
    ["config.domain", "too_short"],
  ]);
  expect(faultsOf(await patch(id, { config: { domain: "shop", access_token: null } }))).toEqual([
    ["config.access_token", "required"],
  ]);
  expect((await manage("GET", `/v1/sources/${id}`)).body).toMatchObject({
    name: "Shop",
    secrets_set: ["access_token"],
  });
  expect(await used(id)).toEqual(crm);
});

test("the audit tells which secrets were given anew and which fields changed, never a secret", async () => {
  const { make, patch, sql, crm } = await start();
  const id = await make();
  await patch(id, { config: { ...crm, access_token: planted.replaced } });
  const signing = { key: planted.key, algorithm: "sha1" };
  await patch(id, { config: { domain: crm.domain, signing } });
  await patch(id, { config: { domain: crm.domain, signing: null } });
  await patch(id, { config: { domain: "new.crm.example" } });
  await patch(id, { config: { domain: "new.crm.example" } });
  const events = await sql<{ action: string; before: string | null; after: string | null }>(
    "select action, before, after from audit_events where target_kind = 'source' order by id",
  );
  const parsed = events.map(({ action, before, after }) => [action, asJson(before), asJson(after)]);
  expect(parsed).toEqual([
    ["source.created", null, expect.objectContaining({ plugin: "crm", "config.domain": "shop.crm.example" })],
    ["source.changed", { replaced: null }, { replaced: ["access_token"] }],
    [
      "source.changed",
      { replaced: null, "config.signing": null },
      { replaced: ["signing.key"], "config.signing": { algorithm: "sha1" } },
    ],
    [
      "source.changed",
      { replaced: null, "config.signing": { algorithm: "sha1" } },
      { replaced: ["signing.key"], "config.signing": null },
    ],
    ["source.changed", { "config.domain": "shop.crm.example" }, { "config.domain": "new.crm.example" }],
  ]);
});

test("a secret of a config lies in no file, log line, answer or audit in clear, wherever it was put", async () => {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  const gateway = await start();
  const { make, patch, manage, sql, crm } = gateway;
  const answers: Answer[] = [];
  const id = await make({ ...crm, signing: { key: planted.key } });
  const told = async (answer: Promise<Answer>) => void answers.push(await answer);
  await told(manage("GET", `/v1/sources/${id}`));
  await told(manage("GET", "/v1/sources"));
  await told(patch(id, { config: { ...crm, access_token: planted.replaced } }));
  await told(patch(id, { config: { ...crm, acess_token: planted.misplaced } }));
  await told(patch(id, { config: { ...crm, access_token: [planted.refused] } }));
  await told(patch(id, { config: { ...crm, signing: planted.refused } }));
  await told(manage("POST", `/v1/sources/${id}/check`));
  await told(manage("DELETE", `/v1/sources/${id}`));
  await told(manage("GET", "/v1/audit-events"));
  const dump = JSON.stringify([
    await sql("select * from sources"),
    await sql("select * from audit_events"),
    answers.map(({ text }) => text),
    lines,
  ]);
  const files = await filesOf(gateway);
  for (const secret of Object.values(planted)) {
    expect(dump).not.toContain(secret);
    expect(files).not.toContain(secret);
  }
  expect(lines.some((line) => line.includes("401 for *** and"))).toBe(true);
  expect(answers.at(-3)?.body).toMatchObject({ ok: false, checks: [{ code: "check_failed", ok: false }] });
});

const asJson = (stored: unknown): unknown => (typeof stored === "string" ? JSON.parse(stored) : stored);

/** Every file of the data folder, read as it lies on the disk. */
async function filesOf({ config }: Pick<TestGateway, "config">): Promise<string> {
  const names = await readdir(config.dataFolder, { recursive: true });
  const paths = names.map((name) => `${config.dataFolder}/${name}`);
  const files = paths.map(async (path) => ((await stat(path)).isFile() ? readFile(path, "latin1") : ""));
  return (await Promise.all(files)).join("\n");
}
