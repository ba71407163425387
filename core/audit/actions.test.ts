import { expect, test } from "bun:test";
import { blanksOf } from "../language.ts";
import { auditActions, describeAction } from "./actions.ts";

const target = { id: "0192", name: "CRM" };

test.each(Object.entries(auditActions))(
  "%s is told in both languages, with no other blank than its target",
  (code, said) => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*$/);
    expect(said.ru).toMatch(/[а-яё]/i);
    expect(said.en).not.toMatch(/[а-яё]/i);
    for (const text of [said.ru, said.en]) expect(blanksOf(text).filter((blank) => blank !== "target")).toEqual([]);
  },
);

test("an event names its target, by its id where it has no name", () => {
  expect(describeAction("webhook.created", target, "en")).toBe("Webhook “CRM” was created");
  expect(describeAction("webhook.created", { id: "0192", name: null }, "ru")).toBe("Создан вебхук «0192»");
});

test("an event that another version wrote is told by its code", () => {
  expect(describeAction("rocket.launched", target, "en")).toBe("rocket.launched");
  expect(describeAction("toString", target, "en")).toBe("toString");
});
