import { expect, test } from "bun:test";
import { describeFinding, type FindingCode, findingSentences } from "../conversion/findings.ts";
import { createVault } from "../vault/vault.ts";
import { openRejection, sealRejection } from "./receipt.ts";

const vault = createVault(new Uint8Array(32).map((_, i) => i));
const BATCH = "01a20927-1285-7158-98b4-3c0882141104";

test("a refused row is told with the value that was received", () => {
  const params = { value: "12 500,50", problem: "price_spelling" };
  const rejection = { row: 3, findings: [{ code: "price_format", field: "price", params }] } as const;
  const sealed = sealRejection(vault, BATCH, rejection, { price: "12 500,50" });
  expect(openRejection(vault, BATCH, sealed)).toEqual({ ...rejection, received: '{"price":"12 500,50"}' });
});

test("a very long refused row is kept with its reason, without its content", () => {
  const rejection = { row: 0, findings: [{ code: "not_an_object", field: "", params: { value: "[…]" } }] } as const;
  const sealed = sealRejection(vault, BATCH, rejection, ["x".repeat(100_000)]);
  expect(sealed.sealed?.length).toBeLessThan(1000);
  expect(openRejection(vault, BATCH, sealed)).toEqual({ ...rejection, received: null });
});

test.each(Object.keys(findingSentences) as FindingCode[])(
  "after its content expired, a row refused for %s is told without the value and without open blanks",
  (code) => {
    const { findings } = openRejection(vault, BATCH, { row: 0, code, field: "price", sealed: null });
    const [told] = findings.map((finding) => describeFinding(finding, "ru"));
    expect(findings).toMatchObject([{ code, field: "price" }]);
    expect(told).not.toMatch(/[{}]/);
  },
);
