import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmod, cp, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { differenceOf, whole } from "../setup/ledger.ts";
import {
  type GatewayProcess,
  hurried,
  run,
  serveSimulator,
  startGateway,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { createWebhook, post, saleOf, uploadsByState, type Webhook } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(90_000);

const SENDERS = 8;

/** Posts one sale after another until told to stop; those that were acknowledged, in order. */
function keepPosting(gateway: GatewayProcess, webhook: Webhook, name: string) {
  let isStopped = false;
  const acknowledged: object[] = [];
  const sender = async (n: number) => {
    for (let i = 0; !isStopped; i++) {
      const sales = [saleOf(`${name}-${n}-${i}`), saleOf(`${name}-${n}-${i}-b`)];
      const answer = await post(gateway, webhook, sales);
      if (answer.status !== 202) throw new Error(`A sender got ${answer.status}`);
      await answer.text();
      acknowledged.push(...sales);
    }
  };
  const senders = Promise.all(Array.from({ length: SENDERS }, (_, n) => sender(n)));
  return {
    acknowledged,
    async stop() {
      isStopped = true;
      await senders;
    },
  };
}

const settled = (gateway: GatewayProcess) =>
  until(
    "every upload is settled",
    async () => {
      const { completed = 0, ...open } = await uploadsByState(gateway);
      return completed > 0 && Object.keys(open).length === 0 ? true : null;
    },
    60_000,
  );

const backUp = (folder: TemporaryFolder, to: string) => run("cli/main", ["backup", "--to", to], folder.settings);

test.concurrent("a backup taken under load and restored elsewhere is whole, and what was sent since is counted once", async () => {
  await using lost = await temporaryFolder();
  await using elsewhere = await temporaryFolder();
  await using metrika = await serveSimulator();
  const env = hurried(metrika.url);
  const { simulator } = metrika;
  const file = `${lost.path}/copy.db`;
  await using before = await startGateway(lost, env);
  const webhook = await createWebhook(before);
  // Files are under way while the copy is made.
  simulator.faults.add({ match: { operation: "upload" }, times: "always", fault: { kind: "slow", ms: 100 } });
  const posting = keepPosting(before, webhook, "a");
  await until("a file is under way", () => simulator.requests.byOperation.upload || null);
  const earlier = [...posting.acknowledged];
  const made = await backUp(lost, file);
  expect(made).toMatchObject({ code: 0, stdout: `${file}\n` });
  await Bun.sleep(500);
  await posting.stop();
  simulator.faults.clear();
  await settled(before);
  await before.kill();

  await mkdir(`${elsewhere.path}/data`);
  await cp(`${lost.path}/data/master.key`, `${elsewhere.path}/data/master.key`);
  const restored = await run("cli/main", ["restore", "--from", file], elsewhere.settings);
  expect(restored.code).toBe(0);
  await using after = await startGateway(elsewhere, env);
  await settled(after);
  const stored = new Database(`${elsewhere.path}/data/gateway.db`, { readonly: true });
  const visitors = stored.query<{ user_id: string }, []>("select user_id from webhook_conversions").all();
  stored.close();
  const kept = new Set(visitors.map((row) => row.user_id));
  expect(earlier.filter((told) => !kept.has((told as { user_id: string }).user_id))).toEqual([]);
  // The senders repeat everything.
  for (let i = 0; i < posting.acknowledged.length; i += 500) {
    expect((await post(after, webhook, posting.acknowledged.slice(i, i + 500))).status).toBe(202);
  }
  await settled(after);

  expect(await after.log()).toContain("The database is a copy made at");
  expect(differenceOf(simulator, posting.acknowledged)).toEqual(whole);
});

test.concurrent("a backup is readable by its owner only, never overwrites, and says where the master key is", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);
  const file = `${folder.path}/b/copy.db`;

  const first = await backUp(folder, file);
  expect(first.code).toBe(0);
  expect(first.stderr).toContain("The master key is NOT inside");
  expect(first.stderr).toContain(`${folder.path}/data/master.key`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(`${folder.path}/b`)).toEqual(["copy.db"]);
  const { mtimeMs } = await stat(file);

  const second = await backUp(folder, file);
  expect(second).toMatchObject({ code: 1, stdout: "" });
  expect(second.stderr).toContain("is not overwritten");
  expect((await stat(file)).mtimeMs).toBe(mtimeMs);

  const named = await run("cli/main", ["backup"], folder.settings);
  expect(named.stdout).toMatch(/data\/backups\/gateway-\d{8}T\d{6}Z\.db\n$/);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
});

test.concurrent("without a database there is nothing to back up, and none is made", async () => {
  await using folder = await temporaryFolder();
  const ended = await backUp(folder, `${folder.path}/copy.db`);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toContain("DATABASE_URL");
  expect(await readdir(folder.path)).toEqual([]);
});

test.concurrent("a restore is refused while a gateway runs, over data, without its key, and from what is no backup", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/data/gateway.db`;
  const file = `${folder.path}/copy.db`;
  const restore = (args: readonly string[], env = {}) =>
    run("cli/main", ["restore", ...args], { ...folder.settings, ...env });
  await using gateway = await startGateway(folder);
  expect((await run("cli/main", ["api-key", "create", "--name", "CRM"], folder.settings)).code).toBe(0);
  expect((await backUp(folder, file)).code).toBe(0);

  const running = await restore(["--from", file, "--replace"]);
  expect(running).toMatchObject({ code: 1, stdout: "" });
  expect(running.stderr).toContain("Stop it first");
  await gateway.terminate();

  const overData = await restore(["--from", file]);
  expect(overData).toMatchObject({ code: 1, stdout: "" });
  expect(overData.stderr).toContain("--replace");

  const otherKey = { GATEWAY_SECRET_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64") };
  const withoutKey = await restore(["--from", file, "--replace"], otherKey);
  expect(withoutKey.code).toBe(1);
  expect(withoutKey.stderr).toContain("is not the master key that this database was made with");
  const keyless = await restore(["--from", file, "--to", `file:${folder.path}/new/gateway.db`]);
  expect(keyless.code).toBe(1);
  expect(keyless.stderr).toContain(`${folder.path}/new/master.key does not exist`);

  await writeFile(`${folder.path}/text`, "The quick brown fox jumps over the lazy dog. ".repeat(100));
  new Database(`${folder.path}/other.db`).exec("create table a (b)");
  for (const [from, why] of [
    [`${folder.path}/text`, "is not a database of metrika-gateway"],
    [`${folder.path}/other.db`, "is not a database of metrika-gateway"],
    [`${folder.path}/nothing`, "cannot be opened"],
    [database, "is itself the database"],
  ] as const) {
    const refused = await restore(["--from", from, "--replace"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(why);
    expect(refused.stderr).not.toContain("    at ");
  }

  const newer = `${folder.path}/newer.db`;
  await cp(file, newer);
  const future = new Database(newer);
  future.exec("insert into __drizzle_migrations (hash, created_at) values ('of the future', 9999999999999)");
  future.close();
  expect((await restore(["--from", newer, "--replace"])).stderr).toContain("written by a newer version");
  const left = await readdir(`${folder.path}/data`);
  expect(left.filter((name) => /replaced|part/.test(name))).toEqual([]);

  const done = await restore(["--from", file, "--replace"]);
  expect(done).toMatchObject({ code: 0, stdout: `${database}\n` });
  expect(done.stderr).toContain("The former database is kept as");
  await using again = await startGateway(folder);
  expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
});

test.concurrent("a damaged backup is refused with exit code 2, and nothing is changed", async () => {
  await using folder = await temporaryFolder();
  await run("cli/main", ["api-key", "create", "--name", "CRM"], folder.settings);
  const file = `${folder.path}/copy.db`;
  await backUp(folder, file);
  const database = new Database(file);
  const page = database
    .query<{ rootpage: number }, []>("select rootpage from sqlite_schema where name = 'api_keys'")
    .get()?.rootpage;
  database.close();
  await chmod(file, 0o600);
  const bytes = new Uint8Array(await Bun.file(file).arrayBuffer());
  bytes.fill(0x5a, ((page ?? 1) - 1) * 4096, (page ?? 1) * 4096);
  await writeFile(file, bytes);

  const ended = await run("cli/main", ["restore", "--from", file, "--replace"], folder.settings);

  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toContain("is damaged");
  expect((await run("cli/main", ["api-key", "list"], folder.settings)).stdout).toContain("CRM");
});
