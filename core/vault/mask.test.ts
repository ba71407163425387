import { expect, test } from "bun:test";
import fc from "fast-check";
import { cpuMs } from "../../tests/setup/cpu-time.ts";
import { maskEmail, maskPhone, maskSecret, maskText } from "./mask.ts";
import { newApiKey, newSecret } from "./secrets.ts";

const yandexToken = "y0_AgAAAABpQkVZAAo1DQAAAADrJOF9YTQzNmE5OTg5NDQwMjk5OWE1YzRkYmNiNTZkMmYxMg";

test("a long secret keeps four characters, a short one none", () => {
  expect(maskSecret(yandexToken)).toBe("y0_A***");
  expect(maskSecret("short")).toBe("***");
  expect(maskSecret("")).toBe("***");
});

test("an e-mail keeps its first letter and domain, a phone its last two digits", () => {
  expect(maskEmail("ivanov@example.com")).toBe("i***@example.com");
  expect(maskEmail("@example.com")).toBe("***");
  expect(maskPhone("+7 (916) 123-45-67")).toBe("***67");
  expect(maskPhone("12")).toBe("***");
});

test("for every generated secret and API key, free text around it keeps none of it", () => {
  fc.assert(
    fc.property(fc.constantFrom(" ", '"', "'", "=", ": ", "\n"), (separator) => {
      const secret = newSecret();
      const { key } = newApiKey();
      const masked = maskText(`sent${separator}${secret}${separator}and${separator}${key}${separator}`);
      expect(masked).not.toContain(secret.slice(5));
      expect(masked).not.toContain(key.slice(13));
    }),
  );
});

const sensitive: readonly (readonly [text: string, hidden: string])[] = [
  [`Authorization: OAuth ${yandexToken}`, "AgAAAABp"],
  ["authorization: Bearer abc.def", "abc.def"],
  ["the header was Bearer abcdef123456", "abcdef123456"],
  [`{"token":"${yandexToken}","name":"x"}`, "AgAAAABp"],
  ['{"client_secret": "a\\"b c"}', "b c"],
  ["X-Webhook-Secret: qwerty12345", "qwerty12345"],
  ["GET /cb?access_token=abc123&state=1", "abc123"],
  ["password=hunter2", "hunter2"],
  ["connect postgres://gateway:pa55@db:5432/x", "pa55"],
  ["AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1", "AAAA1"],
  ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJzdWIi"],
  ["write to ivan.petrov+shop@mail.example.ru now", "petrov"],
  ["иванов@почта.рф", "иванов"],
  ["call +7 (916) 123-45-67 or +49 30 1234567", "123-45"],
  ["call 8 916 123 45 67.", "123 45"],
  ["call 89161234567, please", "6123456"],
];

for (const [text, hidden] of sensitive) {
  test(`masked: ${text.slice(0, 40)}`, () => {
    expect(maskText(text)).not.toContain(hidden);
  });
}

const harmless = [
  "Upload 550e8400-e29b-41d4-a716-446655440000 sent as 987654321",
  "2025-07-01T12:34:56.789Z counter 12345678 took 89161 ms",
  "client_id 1234567890.1234567890, yclid 17000000001234567890",
  "order 79161234567890123",
  "line 8:916, version 7.916.123.45",
  "https://api-metrika.yandex.net/management/v1/counter/1/offline_conversions/upload",
  "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "the token was refused: 403",
];

for (const text of harmless) {
  test(`left alone: ${text.slice(0, 40)}`, () => {
    expect(maskText(text)).toBe(text);
  });
}

test("a text of 200,000 characters is masked in bounded time", () => {
  const start = cpuMs();
  for (const unit of ["a", "a.", "+7", "8 ", '"token', "y0_", "eyJ.", "A@", "://a:"])
    maskText(unit.repeat(200_000 / unit.length));
  expect(cpuMs() - start).toBeLessThan(3000);
});
