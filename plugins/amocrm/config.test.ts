import { expect, test } from "bun:test";
import * as v from "valibot";
import { Config } from "./config.ts";

const targets = [{ stages: ["142"], target: "deal_won" }];
const fits = (domain: string) => v.safeParse(Config, { domain, targets }).success;

test("only hosts of amoCRM and Kommo are asked", () => {
  expect(["acme.amocrm.ru", "a-1.amocrm.com", "acme.kommo.com"].map(fits)).toEqual([true, true, true]);
  for (const domain of [
    ...["https://acme.amocrm.ru", "amocrm.ru", "acme.amocrm.ru.evil.example", "acme.amocrm.ru/x", "acme.amocrm.ru:1"],
    ...["evil.example", "acme.amocrm.ru@evil.example", "a.b.amocrm.ru", "-a.amocrm.ru", "acme.amocrm.ru\n", ""],
  ]) {
    expect(fits(domain)).toBe(false);
  }
});

test("identifiers are looked for where amoCRM keeps them unless the config says otherwise", () => {
  expect(v.parse(Config, { domain: "acme.amocrm.ru", targets }).identifiers).toMatchObject({
    client_id: ["_ym_uid", "ym_uid", "ym_client_id", "yandex_client_id"],
    yclid: ["yclid"],
  });
});
