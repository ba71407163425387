import { expect, test } from "bun:test";
import * as v from "valibot";
import { Config } from "./config.ts";

const targets = [{ stages: ["S"], target: "deal_won" }];
const code = "code0of0a0webhook";
const judge = (domain: string, webhook_address: string) => v.safeParse(Config, { domain, webhook_address, targets });

test("a portal of the cloud or of one's own is taken, with the address as it is copied", () => {
  for (const domain of ["acme.bitrix24.ru", "acme.bitrix24.com", "crm.acme.example", "crm.acme.example:8443"]) {
    expect(judge(domain, `https://${domain}/rest/1/${code}/`).success).toBe(true);
    expect(judge(domain, `https://${domain}/rest/17/${code}`).success).toBe(true);
  }
});

test("an address that leads elsewhere is refused by its field", () => {
  for (const address of [
    ...[`https://evil.example/rest/1/${code}/`, `https://acme.bitrix24.ru.evil.example/rest/1/${code}/`],
    ...[`http://acme.bitrix24.ru/rest/1/${code}/`, `https://acme.bitrix24.ru@evil.example/rest/1/${code}/`],
    ...[`https://acme.bitrix24.ru/rest/1/${code}/../../x/`, "https://acme.bitrix24.ru/rest/1/", "acme.bitrix24.ru", ""],
    ...[`https://acme.bitrix24.ru/rest/1/${code}/crm.deal.get.json?id=1`, `https://acme.bitrix24.ru/rest/1/${code}/\n`],
  ]) {
    const judged = judge("acme.bitrix24.ru", address);
    expect(judged.success).toBe(false);
    expect(judged.issues?.map((issue) => v.getDotPath(issue))).toContain("webhook_address");
  }
});

test("nothing but a host is a portal", () => {
  for (const domain of [
    "https://acme.bitrix24.ru",
    "acme.bitrix24.ru/rest",
    "a@b",
    "-a.ru",
    "acme.bitrix24.ru\n",
    "",
  ]) {
    expect(judge(domain, `https://${domain}/rest/1/${code}/`).success).toBe(false);
  }
});
