import { expect, test } from "bun:test";
import fc from "fast-check";
import { batchIdOf, batchUuid, conversionIdOf, conversionUuid } from "./public-id.ts";

const installation = "370a77bf-3990-4c1e-9d7b-2f1d3a5b6c7d";

test("for every row, its public id leads back to it, and to nothing in another installation", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), (id) => {
      const publicId = conversionUuid(installation, id);
      expect(conversionIdOf(installation, publicId)).toBe(id);
      expect(conversionIdOf("00000000-3990-4c1e-9d7b-2f1d3a5b6c7d", publicId)).toBeNull();
    }),
  );
});

test("the ids of batches lead back to batches, and never to conversions", () => {
  expect(batchIdOf(installation, batchUuid(installation, 7))).toBe(7);
  expect(conversionIdOf(installation, batchUuid(installation, 7))).toBeNull();
  expect(batchIdOf(installation, conversionUuid(installation, 7))).toBeNull();
});

test("for every other text there is no row", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uuid()), (text) => expect(conversionIdOf(installation, text)).toBeNull()),
  );
  expect(conversionIdOf(installation, conversionUuid(installation, 10).toUpperCase())).toBeNull();
});
