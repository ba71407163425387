import { expect, test } from "bun:test";
import { hashContact, readEmail, readPhone } from "./contact.ts";

test("the hashes are those that Metrika gives for trying one's own", () => {
  // https://yandex.ru/dev/metrika/en/data-import/contacts-data
  expect(hashContact({ phones: ["+7 (999) 555-11-11"], emails: [" Mail@Yandex.ru "] })).toEqual({
    phoneMd5: "f09f2c3d48f31e2a802944ade2e5aec5",
    emailMd5: "3c56ff8fef0f6c65b36b2d25720fe276",
  });
});

test.each([
  ["+7 (999) 555-11-11", "79995551111"],
  ["8 999 555 11 11", "79995551111"],
  ["8(999)555–11–11", "79995551111"],
  ["999 555 11 11", "79995551111"],
  ["79995551111", "79995551111"],
  ["+8 999 555-11-11", "79995551111"],
  ["\uff0b79995551111", "79995551111"],
  ["8 (495) 123-45-67 доб. 12", "74951234567"],
  ["+7 495 123-45-67, 8 999 555-11-11", "74951234567"],
  ["+375 29 123-45-67", "375291234567"],
  ["00 49 30 123456", "4930123456"],
  ["380 50 123 45 67", "380501234567"],
  ["+84 95 123 45 67", "84951234567"],
])("the phone %s is read as %s", (text, phone) => {
  expect(readPhone(text)).toBe(phone);
});

test.each([
  "",
  "-",
  "123-45-67",
  "0501234567",
  "+0 50 123 45 67",
  "call me",
  "+7999555111122334455",
  "anna@example.com",
])("%j is no phone that has its country", (text) => {
  expect(readPhone(text)).toBeNull();
});

test.each([
  ["Mail@Yandex.RU", "mail@yandex.ru"],
  [" a.b+c@sub.example.com\n", "a.b+c@sub.example.com"],
  ["name.example@gmail.com", "name.example@gmail.com"],
])("the e-mail %j is read as %s", (text, email) => {
  expect(readEmail(text)).toBe(email);
});

test.each([
  "",
  "anna",
  "anna@example",
  "anna@@example.com",
  "Anna <anna@example.com>",
  "анна@почта.рф",
  "a b@example.com",
])("%j is no e-mail that Metrika knows", (text) => {
  expect(readEmail(text)).toBeNull();
});

test("the first that can be read counts, and what cannot be read is none", () => {
  const { phoneMd5 } = hashContact({ phones: ["none", "89995551111", "+7 111 111 11 11"], emails: [] }) ?? {};
  expect(phoneMd5).toBe("f09f2c3d48f31e2a802944ade2e5aec5");
  expect(hashContact({ phones: ["none"], emails: ["none"] })).toBeNull();
  expect(hashContact({ phones: [], emails: [] })).toBeNull();
});
