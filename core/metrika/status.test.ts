import { expect, test } from "bun:test";
import { metrikaSentences } from "./sentences.ts";
import { meaningOf, uploadingStatuses } from "./status.ts";

test("only PROCESSED and LINKAGE_FAILURE end the wait", () => {
  const ending = Object.keys(uploadingStatuses).filter((status) => meaningOf(status).outcome !== "waiting");
  expect(ending).toEqual(["PROCESSED", "LINKAGE_FAILURE"]);
  expect(meaningOf("PROCESSED").outcome).toBe("processed");
  expect(meaningOf("LINKAGE_FAILURE").outcome).toBe("unlinked");
});

test("an unknown status means waiting on", () => {
  for (const status of ["REPROCESSING", "", "processed", "constructor", "__proto__"])
    expect(meaningOf(status)).toMatchObject({ outcome: "waiting", known: false });
});

test("every failure has a sentence in both languages without blanks", () => {
  for (const { ru, en } of Object.values(metrikaSentences)) {
    expect(ru).toMatch(/^[А-ЯЁ][^{}]*\.$/);
    expect(en).toMatch(/^[A-Z][^{}а-яё]*\.$/);
  }
});
