import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describeApp } from "../gateway/app.ts";
import { readConfig } from "../gateway/config.ts";
import { composeGateway } from "../gateway/gateway.ts";

const FILE = `${import.meta.dir}/openapi.json`;

/** Writes openapi.json from the routes; with `--check` it only says whether the committed file is still theirs. */
async function main(check: boolean): Promise<void> {
  const folder = await mkdtemp(`${tmpdir()}/openapi-`);
  const config = readConfig({ DATABASE_URL: `file:${folder}/gateway.db` });
  const gateway = await composeGateway(config);
  const document = `${JSON.stringify(describeApp(gateway.app), null, 2)}\n`;
  await gateway.close(0);
  await rm(folder, { recursive: true });
  if (!check) {
    await Bun.write(FILE, document);
    console.log("openapi/openapi.json is written.");
    return;
  }
  const committed = await Bun.file(FILE).text();
  if (committed === document) return console.log("openapi/openapi.json matches the routes.");
  console.error("openapi/openapi.json does not match the routes. Write it anew with: bun run openapi");
  process.exit(1);
}

await main(process.argv.includes("--check"));
