import { expect, test } from "bun:test";
import { asList, asRecord } from "metrika-gateway/plugin";
import { sample, sentForm } from "../../tests/setup/sent-form.ts";
import { readHook } from "./read-hook.ts";
import { readContact, readFields, readLead, readPrice } from "./read-lead.ts";

const answer = (name: string): Promise<unknown> =>
  Bun.file(`${import.meta.dir}/../../tests/fixtures/amocrm-api/${name}.json`).json();

test("the documentation's lead is read", async () => {
  expect(readLead(await answer("lead"))).toEqual({
    ...{ id: "3912171", statusId: "143", pipelineId: "3104455", isDeleted: false, price: "12", fields: [] },
    ...{ updatedAt: 1590683337, closedAt: 1590683337, contactId: "10971465" },
  });
});

test("fields of the kind tracking_data are read by code, id and name", async () => {
  const [told] = asList(asRecord(asRecord(await answer("leads-tracking-data"))._embedded).leads);
  const lead = readLead(told);
  expect(lead).toMatchObject({ closedAt: 1652194613, updatedAt: 1654014416, contactId: null });
  expect(lead?.fields).toContainEqual({
    ...{ id: "316923", code: "UTM_REFERRER", name: "utm_referrer" },
    values: ["https://ru.example.test/programs/frontend"],
  });
  expect(lead?.fields).toContainEqual({ id: "933841", code: null, name: "site_user_id", values: ["384788"] });
});

test("fields of a captured hook are read, bare dates among them", async () => {
  const { changes } = readHook(await sentForm(await sample("amocrm/lead-status-won-2018.txt")).readForm());
  const fields = readFields(changes[0]?.entry.custom_fields);
  expect(fields).toContainEqual({ id: "72333", code: null, name: "Дата проведения", values: ["1542067200"] });
  expect(fields).toContainEqual({ id: "66339", code: null, name: "Источник", values: ["Сайт"] });
  expect(fields).toHaveLength(8);
});

test("values come as a list, as an object, as one value or bare", () => {
  const values = (told: unknown) => readFields([{ id: 1, values: told }])[0]?.values;
  expect(values([{ value: "a", enum: "1" }, { value: "b" }])).toEqual(["a", "b"]);
  expect(values({ value: "a" })).toEqual(["a"]);
  expect(values({ 0: { value: "a" }, 7: { value: "b" } })).toEqual(["a", "b"]);
  expect(values("a")).toEqual(["a"]);
  expect(values(["1542067200"])).toEqual(["1542067200"]);
  expect(values([{ value: 384788 }])).toEqual(["384788"]);
  expect(values([{ value: { file_uuid: "x" } }, { value: "" }, null])).toEqual([]);
  expect(values(undefined)).toEqual([]);
});

test("a contact is reached by its phones and e-mails", () => {
  const field = (field_code: string, ...values: readonly string[]) => ({
    field_code,
    values: values.map((value) => ({ value, enum_code: "WORK" })),
  });
  const contact = readContact({
    id: 10971465,
    custom_fields_values: [field("PHONE", "+79990000000", "+79990000001"), field("EMAIL", "buyer@shop.example")],
  });
  expect(contact?.reachedBy).toEqual({
    phones: ["+79990000000", "+79990000001"],
    emails: ["buyer@shop.example"],
  });
  expect(readContact(null)).toBeNull();
});

test("an amount keeps its kopecks where the exact field means the same amount", () => {
  expect(readPrice({ price: 100, price_with_minor_units: "100.50" })).toBe("100.50");
  expect(readPrice({ price: 100.5 })).toBe("100.5");
  expect(readPrice({ price: "22500" })).toBe("22500");
  expect(readPrice({ price: "" })).toBeNull();
  expect(readPrice({ price_with_minor_units: 7.25 })).toBe("7.25");
  // Were it in kopecks, the amount would be a hundred times too large.
  expect(readPrice({ price: 100, price_with_minor_units: 10050 })).toBe("100");
});
