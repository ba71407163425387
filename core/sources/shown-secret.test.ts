import { expect, test } from "bun:test";
import type { SourceRecord } from "../store/store.ts";
import { hashSecret, secretHashHex } from "../vault/secrets.ts";
import { hashesOf, showsSecret, withoutSecret } from "./shown-secret.ts";

const SECRET = "s3cret of a source";
const hashes = [hashSecret(SECRET)];
const nowhere = { url: "https://gateway.example/sources/crm/1", headers: new Headers(), form: undefined };

test.each([
  ["at the end of the address", { url: `${nowhere.url}/${encodeURIComponent(SECRET)}` }],
  ["in a parameter", { url: `${nowhere.url}?key=${encodeURIComponent(SECRET)}` }],
  ["in a header", { headers: new Headers({ "x-secret": SECRET }) }],
  ["deep in a form", { form: { auth: [{ application_token: SECRET }] } }],
])("a secret is seen %s", (_, place) => {
  expect(showsSecret({ ...nowhere, ...place }, hashes)).toBe(true);
});

test("a request without the secret, with a part of it or with a longer one shows none; nor does any where there is none", () => {
  const others = [nowhere, { ...nowhere, form: [SECRET.slice(1), `${SECRET}x`, "%E0%A4%A"] }];
  expect(others.map((place) => showsSecret(place, hashes))).toEqual([false, false]);
  expect(showsSecret({ ...nowhere, url: `${nowhere.url}/%E0%A4%A` }, hashes)).toBe(false);
  expect(showsSecret({ ...nowhere, form: SECRET }, [])).toBe(false);
});

test("during a rotation both secrets are valid, afterwards the new one alone", () => {
  const source = {
    ...{ secretHash: secretHashHex(SECRET), previousSecretHash: secretHashHex("before"), previousSecretExpiresAt: 100 },
  } as SourceRecord;
  expect(hashesOf(source, 99)).toHaveLength(2);
  expect(hashesOf(source, 100)).toEqual([Buffer.from(hashSecret(SECRET))]);
  expect(hashesOf({ ...source, secretHash: null }, 100)).toEqual([]);
  expect(hashesOf(null, 100)).toEqual([]);
});

test("a query is kept without the secret, under whatever name it stands", () => {
  const query = new URLSearchParams({ deal: "7", any: SECRET, again: SECRET });
  expect(withoutSecret(query, hashes)).toEqual([["deal", "7"]]);
});
