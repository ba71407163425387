import { expect, test } from "bun:test";
import { looksPersonal, maskPersonal } from "./personal.ts";

test.each([
  ["ivan@example.com", "i…@example.com"],
  ["Иван Петров <ivan.petrov@почта.рф>", "И…@почта.рф"],
  ["ivan@example.com;+79123456789", "i…@example.com"],
  ["+79123456767", "+7…67"],
  ["+7 (912) 345-67-67", "+7…67"],
  ["+44 20 7946 0958", "+4…58"],
  ["8 (912) 345-67-89", "8…89"],
  ["8-912-345-67-89", "8…89"],
  ["8 912 345 67 89", "8…89"],
  ["912-345-6789", "9…89"],
  ["(495) 123 45 67", "4…67"],
  ["495 1234567", "4…67"],
  ["79123456789", "7…89"],
  ["89123456789", "8…89"],
])("%j looks personal and is shown as %s", (text, masked) => {
  expect(looksPersonal(text)).toBe(true);
  expect(maskPersonal(text)).toBe(masked);
});

test.each([
  "1234567890",
  "9123456789",
  "12345678901",
  "78123456789",
  "123456789012345",
  "1234567890.1234567890",
  "1771234567.12345",
  "1234-5678-9012",
  "2025-07-01-0001",
  "customer-79123456789",
  "550e8400-e29b-41d4-a716-446655440000",
  "user@crm",
  "+7",
  "@",
  "",
])("%j does not look personal", (text) => {
  expect(looksPersonal(text)).toBe(false);
});
