import { expect, test } from "bun:test";
import { OverloadedError, StorageUnavailableError } from "../../intake/committer.ts";
import type { NewRawIntake, SourceRecord } from "../../store/store.ts";
import { createVault } from "../../vault/vault.ts";
import { openContent } from "./content.ts";
import { createKeepRawIntake } from "./keep-raw-intake.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const DAY = 86_400_000;
const vault = createVault(new Uint8Array(32));
const source = { id: 1, isActive: true } as SourceRecord;
const content = (text: string) => ({
  query: [["deal", "7"]] as const,
  headers: [["content-type", "text/plain"]] as const,
  body: Buffer.from(text),
});

/** A keeper over a table in memory; `fault` says of a group whether the database refuses it. */
function setup({
  fault,
  isUsable = true,
}: {
  fault?: (group: readonly NewRawIntake[]) => boolean;
  isUsable?: boolean;
} = {}) {
  const groups: (readonly NewRawIntake[])[] = [];
  let woken = 0;
  const store = {
    rawIntakes: {
      async keep(group: readonly NewRawIntake[]) {
        if (fault?.(group)) throw new Error("disk full");
        groups.push(group);
      },
    },
  };
  const unfit = { ok: false, code: "plugin_missing", reason: { ru: "Нет плагина", en: "No plugin" } } as const;
  const keep = createKeepRawIntake({
    ...{ store, vault, rules: { keptForPeopleMs: 30 * DAY }, now: () => NOW, newUuid: () => crypto.randomUUID() },
    openConfig: () => (isUsable ? { ok: true, config: {} } : unfit),
    onWaiting: () => woken++,
  });
  return { keep, groups, woken: () => woken };
}

test("requests that come together are written together, sealed, and wake the worker once", async () => {
  const { keep, groups, woken } = setup();
  const [first] = await Promise.all([keep(source, "POST", content("one")), keep(source, "GET", content("two"))]);
  expect(groups.map((group) => group.map(({ state, method, bytes }) => [state, method, bytes]))).toEqual([
    [
      ["waiting", "POST", 3],
      ["waiting", "GET", 3],
    ],
  ]);
  const kept = groups[0]?.[0];
  expect([kept?.uuid, kept?.expiresAt, woken()]).toEqual([first, null, 1]);
  expect(kept?.sealed).not.toContain(Buffer.from("one").toString("base64"));
  expect(Buffer.from(openContent(vault, String(first), String(kept?.sealed)).body).toString()).toBe("one");
});

test("what comes for a source that is disabled or cannot be used is kept, says why, and wakes nobody", async () => {
  const disabled = setup();
  await disabled.keep({ ...source, isActive: false }, "POST", content("one"));
  const unusable = setup({ isUsable: false });
  await unusable.keep(source, "POST", content("one"));
  const kept = [disabled, unusable].map(({ groups }) => groups[0]?.[0]);
  expect(kept).toMatchObject([
    { state: "kept", errorCode: "source_disabled", expiresAt: NOW + 30 * DAY },
    { state: "kept", errorCode: "plugin_missing", expiresAt: NOW + 30 * DAY },
  ]);
  expect(disabled.woken() + unusable.woken()).toBe(0);
});

test("one request that the database refuses takes none of its neighbours with it", async () => {
  const { keep, groups } = setup({ fault: (group) => group.some(({ bytes }) => bytes === 6) });
  const ends = await Promise.allSettled(["one", "poison", "two"].map((text) => keep(source, "POST", content(text))));
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(ends[1]).toMatchObject({ reason: expect.any(StorageUnavailableError) });
  expect(groups).toHaveLength(2);
});

test("more bytes than may wait for the disk are refused, and taken once there is room", async () => {
  const { keep } = setup();
  const large = { ...content(""), body: new Uint8Array(70 * 1024 * 1024) };
  const first = keep(source, "POST", large);
  await expect(keep(source, "POST", large)).rejects.toThrow(OverloadedError);
  await first;
  await new Promise(setImmediate);
  await keep(source, "POST", content("one"));
});
