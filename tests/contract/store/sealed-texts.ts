import { expect, test } from "bun:test";
import type { SealedTextKey, SealedTextStore } from "../../../core/store/store.ts";
import { type CurrentWorld, refusedRow } from "./world.ts";

const TOKENS = "credentials.sealed_token";
const REFUSED = "rejected_rows.sealed";

/** A column read to its end in pages of two rows: contexts and texts. */
async function readAll(texts: SealedTextStore, column: string): Promise<string[]> {
  const found: string[] = [];
  for (let after: SealedTextKey | null = null; ; ) {
    const page = await texts.read(column, after, 2);
    found.push(...page.texts.map(({ context, sealed }) => `${context} = ${sealed}`));
    after = page.next;
    if (after === null) return found;
  }
}

export function sealedTextsContract(world: CurrentWorld): void {
  test("sealed texts are read in pages, each with the context of its record", async () => {
    const { store } = world();
    const { uuid } = world().source;
    const second = await world().addCredential();
    await world().receive([], { rejected: [refusedRow(0), refusedRow(3), refusedRow(4)] });
    await world().receive([], { rejected: [refusedRow(1)] });

    expect(await readAll(store.sealedTexts, TOKENS)).toContain(`credential:${second.uuid} = sealed ${second.uuid}`);
    expect(await readAll(store.sealedTexts, TOKENS)).toHaveLength(2);
    expect(await readAll(store.sealedTexts, REFUSED)).toEqual(
      [0, 3, 4, 1].map((row) => `rejected:${uuid}:${row} = sealed ${row}`),
    );
    for (const column of store.sealedTexts.columns) await readAll(store.sealedTexts, column);
  });

  test("what has expired is passed over", async () => {
    const { store } = world();
    await world().receive([], { rejected: [refusedRow(0), refusedRow(1)], rejectedExpireAt: world().now });
    await world().receive([], { rejected: [refusedRow(2)] });
    await store.maintenance.purgeExpired(world().now);
    expect(await readAll(store.sealedTexts, REFUSED)).toEqual([`rejected:${world().source.uuid}:2 = sealed 2`]);
  });

  test("a text is replaced where it stands as it was read, and left alone where it was changed meanwhile", async () => {
    const { sealedTexts, credentials } = world().store;
    const second = await world().addCredential();
    await world().receive([], { rejected: [refusedRow(0), refusedRow(1)] });
    const tokens = await sealedTexts.read(TOKENS, null, 10);
    await credentials.replaceToken(second.id, "newer", "hash", world().now);
    const resealed = tokens.texts.map(({ key, sealed }) => ({ key, was: sealed, sealed: `re${sealed}` }));

    expect(await sealedTexts.write(TOKENS, resealed)).toBe(1);
    expect(await sealedTexts.write(TOKENS, resealed)).toBe(0);
    expect((await credentials.get(second.id))?.sealedToken).toBe("newer");
    expect((await credentials.get(world().source.credentialId))?.sealedToken).toStartWith("resealed ");

    const [refused] = (await sealedTexts.read(REFUSED, null, 1)).texts;
    if (!refused) throw new Error("The refused row is gone.");
    expect(await sealedTexts.write(REFUSED, [{ key: refused.key, was: refused.sealed, sealed: "again" }])).toBe(1);
    expect((await readAll(sealedTexts, REFUSED)).map((line) => line.split(" = ")[1])).toEqual(["again", "sealed 1"]);
  });

  test("canary and hashing key change together, and only as they were read", async () => {
    const { sealedTexts } = world().store;
    const first = await sealedTexts.readRecord();
    expect(first).toEqual({ vaultCheck: "canary", sealedHashingKey: null });
    const second = { vaultCheck: "another", sealedHashingKey: "sealed" };
    expect(await sealedTexts.writeRecord(first, second)).toBe(true);
    expect(await sealedTexts.writeRecord(first, { ...second, vaultCheck: "late" })).toBe(false);
    expect(await sealedTexts.readRecord()).toEqual(second);
    expect(await sealedTexts.writeRecord(second, first)).toBe(true);
  });
}
