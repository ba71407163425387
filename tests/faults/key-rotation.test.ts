import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { type Cluster, isSettled, type Member, newMasterKey, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { sealingKeys } from "../setup/key-rotation.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { keepPosting } from "../setup/posting.ts";
import { type Environment, run, startGateway, temporaryFolder, until } from "../setup/process.ts";
import { createWebhook, post, type Receipt, saleOf } from "../setup/senders.ts";

setDefaultTimeout(120_000);

/** Runs the command beside a gateway of a cluster, with that gateway's settings. */
const rotateBeside = ({ settings }: Cluster, { folder }: Member, env: Environment) =>
  run("cli/main", ["rotate-key"], { ...settings, DATA_FOLDER: `${folder.path}/data`, ...env });

describePostgres("A new master key for gateways that share a database", (postgres) => {
  test("comes without a pause: each takes it in turn while others serve, and nothing is counted twice", async () => {
    await using cluster = await startCluster(postgres());
    const [former, present] = [newMasterKey(), newMasterKey()];
    let settings: Environment = { GATEWAY_SECRET_KEY: former };
    const members = [await cluster.start({ env: settings }), await cluster.start({ env: settings })];
    const serving = [...members];
    const first = () => {
      const [member] = members;
      if (!member) throw new Error("There is no gateway.");
      return member;
    };
    /** All gateways take other settings, one after another. */
    const changeAll = async (env: Environment) => {
      settings = env;
      for (const [i, member] of members.entries()) {
        serving.splice(serving.indexOf(member), 1);
        await member.terminate();
        const again = await cluster.restart({ ...member, options: { env } });
        members[i] = again;
        serving.push(again);
      }
    };
    const webhook = await createWebhook(first(), { dedupe_by: "purchase" });
    const known = { ...saleOf("known"), purchase_id: "order-1" };
    const headers = { "idempotency-key": "request-1" };
    const answer = (await (await post(first(), webhook, [known, {}], { headers })).json()) as Receipt;
    expect(answer.accepted_count).toBe(1);
    const posting = keepPosting(() => serving, webhook, "visitor", 4);

    await changeAll({ GATEWAY_SECRET_KEY: former, GATEWAY_PREVIOUS_SECRET_KEYS: present });
    await changeAll({ GATEWAY_SECRET_KEY: present, GATEWAY_PREVIOUS_SECRET_KEYS: former });
    const [ended, beside] = await Promise.all(members.map((member) => rotateBeside(cluster, member, settings)));
    expect([ended?.code, beside?.code]).toEqual([0, 0]);
    expect(ended?.stderr).toContain("take GATEWAY_PREVIOUS_SECRET_KEYS away");
    expect(Object.keys(await sealingKeys(cluster))).toHaveLength(1);
    await changeAll({ GATEWAY_SECRET_KEY: present });

    const { acknowledged, perhaps, refused } = await posting.stop();
    expect(refused.filter(({ status }) => status !== 503)).toEqual([]);
    expect((await post(first(), webhook, [known])).status).toBe(202);
    const repeated = (await (await post(first(), webhook, [known, {}], { headers })).json()) as Receipt;
    expect(repeated.batch_id).toBe(answer.batch_id);
    const again = (await (await post(first(), webhook, [known])).json()) as Receipt;
    expect(again).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
    await until("every file is settled", () => isSettled(cluster, first()));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(differenceOf(cluster.simulator, [...acknowledged, known], perhaps)).toEqual(whole);
    for (const member of members) expect(await member.log()).not.toContain("vault_");
    for (const key of [former, present]) {
      for (const text of [ended?.stdout, ended?.stderr, ...(await Promise.all(members.map(({ log }) => log())))]) {
        expect(text).not.toContain(key);
      }
    }
  });
});

test("the command changes the key of a gateway that is stopped, and the copy of the former key opens it no more", async () => {
  await using folder = await temporaryFolder();
  const keyFile = `${folder.path}/data/master.key`;
  const gateway = await startGateway(folder);
  await gateway.terminate();
  await copyFile(keyFile, `${folder.path}/former.key`);

  const changed = await run("cli/main", ["rotate-key"], folder.settings);
  expect(changed).toMatchObject({ code: 0 });
  expect(changed.stdout).toContain("Sealed again: 1. Checked: 1");
  expect(changed.stderr).toContain("Keep the copy of the former key");
  expect(existsSync(`${keyFile}.previous`)).toBe(false);

  const present = await readFile(keyFile, "utf8");
  expect(`${changed.stdout}${changed.stderr}`).not.toContain(present.trim());
  await copyFile(`${folder.path}/former.key`, keyFile);
  const refused = await run("main", [], folder.settings);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("Give the key that was made then");
  await writeFile(keyFile, present);
  await using again = await startGateway(folder);
  expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
});

test("with a key of the environment and no other the command says how the key is changed", async () => {
  await using folder = await temporaryFolder();
  const settings = { ...folder.settings, GATEWAY_SECRET_KEY: newMasterKey() };
  const told = await run("cli/main", ["rotate-key"], settings);
  expect(told).toMatchObject({ code: 0 });
  expect(told.stderr).toContain("1. Make a key: openssl rand -base64 32. Set GATEWAY_PREVIOUS_SECRET_KEYS to it");
});

test("a database whose key is half changed is not moved, and says what is to be done first", async () => {
  await using folder = await temporaryFolder();
  const keyFile = `${folder.path}/data/master.key`;
  const gateway = await startGateway(folder);
  await gateway.terminate();
  await writeFile(`${keyFile}.previous`, newMasterKey());
  const to = "postgres://nobody@127.0.0.1:1/gateway";
  const refused = await run("cli/main", ["move", "--from", folder.settings.DATABASE_URL ?? "", "--to", to], {});
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("Run rotate-key to its end, then move");
  await rm(`${keyFile}.previous`);
});
