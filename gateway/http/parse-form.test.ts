import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import fc from "fast-check";
import { cpuMs } from "../../tests/setup/cpu-time.ts";
import { parseForm } from "./parse-form.ts";

const FOLDER = `${import.meta.dir}/../../tests/fixtures/senders`;
const read = async (path: string) => parseForm(await Bun.file(`${FOLDER}/${path}.txt`).text());
/** With prototypes, to be compared. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const refusal = (text: string) => {
  try {
    parseForm(text);
    return null;
  } catch (error) {
    const { code, params } = error as { code: string; params: { cause: { en: string } } };
    return [code, params.cause.en];
  }
};

test("every custom field of amoCRM arrives, seven levels deep", async () => {
  const won = plain(await read("amocrm/lead-status-won-2018")).leads.status[0];
  expect(won).toMatchObject({ id: "10701093", status_id: "142", price: "22500" });
  expect(won.tags).toEqual([{ id: "80147", name: "повторное обращение" }]);
  expect(won.custom_fields).toHaveLength(8);
  expect(won.custom_fields[0]).toEqual({ id: "66339", name: "Источник", values: [{ value: "Сайт", enum: "139517" }] });
  expect(won.custom_fields[2]).toEqual({ id: "72333", name: "Дата проведения", values: ["1542067200"] });
  expect(won.custom_fields.map(({ values }: { values: unknown[] }) => values.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
});

test("what trimmed, sparse and conflicting bodies of amoCRM say is there", async () => {
  expect(plain(await read("amocrm/lead-status-2016"))).toMatchObject({
    leads: { status: [{ id: "40337679", price: "0" }] },
    account: { subdomain: "test" },
  });
  expect(plain(await read("amocrm/lead-update-2021")).account._links.self).toBe("https://example-salon.amocrm.ru");
  const [contact] = Object.values(plain(await read("amocrm/contact-update-sparse-index-abridged")).contacts.update) as [
    Record<string, unknown>,
  ];
  expect(contact.linked_leads_id).toEqual({ 9982719: { ID: "9982719" }, 9982767: { ID: "9982767" } });
  const note = plain(await read("amocrm/contact-note-conflicting-keys"));
  expect(JSON.stringify(note)).toContain("uuid");
});

test("the events of Bitrix24 arrive with their tokens", async () => {
  expect(plain(await read("bitrix24/app-oncrmdealupdate"))).toMatchObject({
    ...{ event: "ONCRMDEALUPDATE", data: { FIELDS: { ID: "759" } } },
    auth: { domain: "some-domain.bitrix24.test", application_token: "51856fefc120afa4b628cc82d3935cce" },
  });
  expect(plain(await read("bitrix24/webhook-oncrmdealadd")).auth.application_token).toBe(
    "jvh9y1ulvt2m6k5or90v9mg8nn32ozas",
  );
});

const everyForm = ["amocrm", "bitrix24", "mango"].flatMap((folder) =>
  readdirSync(`${FOLDER}/${folder}`).map((name) => `${folder}/${name.replace(".txt", "")}`),
);

test.each(everyForm)("no value of %s is lost", async (path) => {
  const text = await Bun.file(`${FOLDER}/${path}.txt`).text();
  const sent = [...new URLSearchParams(text).values()].sort();
  expect(leavesOf(await read(path)).sort()).toEqual(sent);
});

test("a thousand custom fields and a list of three thousand arrive whole", () => {
  const fields = Array.from({ length: 1000 }, (_, i) => `leads[add][0][custom_fields][${i}][values][0][value]=${i}`);
  const lead = parseForm(fields.join("&")) as { leads: { add: [{ custom_fields: unknown[] }] } };
  expect(Object.values(lead.leads.add[0].custom_fields)).toHaveLength(1000);
  const pushed = parseForm(Array.from({ length: 3000 }, (_, i) => `ids[]=${i}`).join("&")) as { ids: unknown[] };
  expect(Object.values(pushed.ids)).toEqual(Array.from({ length: 3000 }, (_, i) => String(i)));
  const indexed = parseForm(Array.from({ length: 3000 }, (_, i) => `ids[${i}]=${i}`).join("&")) as { ids: object };
  expect(Object.values(indexed.ids)).toEqual(Object.values(pushed.ids));
});

test("keys of prototypes change nothing, and objects have none", () => {
  const form = parseForm("a[__proto__][x]=1&__proto__[y]=1&constructor[prototype][z]=1&a[hasOwnProperty]=1&a[b]=2");
  expect(Object.getPrototypeOf(form)).toBeNull();
  expect(Object.getPrototypeOf(form.a)).toBeNull();
  expect((form.a as { b: unknown }).b).toBe("2");
  const fresh = {} as Record<string, unknown>;
  expect([fresh.x, fresh.y, fresh.z, Object.getOwnPropertyNames(Object.prototype).includes("x")]).toEqual([
    undefined,
    undefined,
    undefined,
    false,
  ]);
  expect({}.hasOwnProperty).toBe(Object.prototype.hasOwnProperty);
});

test("indexes make lists, without gaps; greater ones are names", () => {
  expect(
    plain(parseForm("a[]=1&a[]=2&b[0][x]=1&b[0][y]=2&b[2][x]=3&c[999]=1&d[1000]=1&e[0]=1&e[k]=2&f[01]=1")),
  ).toEqual({
    ...{ a: ["1", "2"], b: [{ x: "1", y: "2" }, { x: "3" }], c: ["1"], d: { 1000: "1" } },
    ...{ e: { 0: "1", k: "2" }, f: { "01": "1" } },
  });
  expect(plain(parseForm("a=1&a=2&b[x]=1&b[x]=2&document_id[]=crm&document_id[]=DEAL_1"))).toEqual({
    ...{ a: ["1", "2"], b: { x: ["1", "2"] }, document_id: ["crm", "DEAL_1"] },
  });
});

test("plus is a space, and a percent sign that begins no byte stands for itself", () => {
  expect(plain(parseForm("a=x+y&b=100%+of&c=%D0%94%D0%B0&d=%2B&e&=f"))).toMatchObject({
    ...{ a: "x y", b: "100% of", c: "Да", d: "+", e: "" },
  });
});

test("an empty body is an empty form", () => {
  expect(plain(parseForm(""))).toEqual({});
});

test("what is too deep, of too many fields, too long or not UTF-8 is refused by name", () => {
  const deep = (levels: number) => `a${"[b]".repeat(levels)}=1`;
  const many = (fields: number) => Array.from({ length: fields }, (_, i) => `f${i}=1`).join("&");
  expect(refusal(deep(12))).toBeNull();
  expect(refusal(deep(13))).toEqual(["malformed_form", "A field's name has more than 12 pairs of brackets."]);
  expect(refusal(`a${"[".repeat(100_000)}=1`)).toBeNull();
  expect(refusal(many(5000))).toBeNull();
  expect(refusal(many(5001))?.[1]).toContain("more than 5000 fields");
  expect(refusal(`a=${"x".repeat(4_194_304)}`)?.[1]).toContain("longer than 4194304 characters");
  expect(refusal("leads[0][name]=%CF%F0%E8")?.[1]).toBe('The field "leads[0][name]" is not encoded in UTF-8.');
  expect(refusal("%CF=1")?.[1]).toContain("is not encoded in UTF-8");
});

test("hostile forms take no longer than a moment", () => {
  const sparse = Array.from({ length: 5000 }, (_, i) => `a[${i}]${"[999]".repeat(11)}=1`).join("&");
  const sparseApart = Array.from({ length: 5000 }, (_, i) => `f${i}${"[999]".repeat(11)}=1`).join("&");
  const scalars = Array.from({ length: 5000 }, () => "a=1").join("&");
  const mixed = Array.from({ length: 5000 }, (_, i) => `a[${i % 2 ? "" : `k${i}`}]=1`).join("&");
  for (const text of [sparse, sparseApart, scalars, mixed, "%".repeat(1_000_000), "[".repeat(1_000_000)]) {
    const start = cpuMs();
    refusal(text);
    const took = cpuMs() - start;
    expect(took).toBeLessThan(2000);
  }
});

test("for every text, parsing ends in a form or in a problem with a code", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "[",
    "]",
    "[]",
    "=",
    "&",
    "%",
    "%5B",
    "%5D",
    "%C3",
    "__proto__",
    "0",
    "9999",
    "+",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      expect([undefined, "malformed_form"]).toContain(refusal(pieces.join(""))?.[0]);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

function leavesOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [String(value)];
}
