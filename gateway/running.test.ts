import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { readConfig } from "./config.ts";
import { findRunning } from "./running.ts";

for (const [what, text] of [
  ["cut short", '{"pid": 7, "url": "http://127'],
  ["of another shape", '{"pid": "seven"}'],
  ["of a process that died", '{"pid": 7, "url": "http://127.0.0.1:1", "operatorToken": "t"}'],
] as const) {
  test(`a note about a running gateway that is ${what} is not believed`, async () => {
    const folder = await mkdtemp(`${tmpdir()}/running-`);
    await writeFile(`${folder}/running.json`, text);

    const running = await findRunning(readConfig({ DATABASE_URL: `file:${folder}/gateway.db` }));

    expect(running).toBeNull();
    await rm(folder, { recursive: true });
  });
}
