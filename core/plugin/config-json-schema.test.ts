import { expect, test } from "bun:test";
import * as v from "valibot";
import { configJsonSchema } from "./config-json-schema.ts";
import { secret } from "./secret.ts";
import { component } from "./valibot-openapi.ts";

test("a config's schema tells its fields with title, description, rules and defaults, and what is secret", () => {
  const Config = v.pipe(
    v.object({
      domain: v.pipe(v.string(), v.minLength(3), v.title("Domain"), v.description("Of your CRM, without https://")),
      access: v.object({ token: v.pipe(secret(v.string()), v.title("Token"), v.minLength(8)) }),
      key: v.optional(secret(v.pipe(v.string(), v.description("A key")))),
      stages: v.optional(v.array(v.picklist(["won", "lost"])), ["won"]),
      zone: v.pipe(
        v.string(),
        v.check(() => true),
      ),
    }),
    component("CrmConfig"),
  );
  expect(configJsonSchema(Config)).toEqual({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      domain: { type: "string", minLength: 3, title: "Domain", description: "Of your CRM, without https://" },
      access: {
        type: "object",
        properties: { token: { type: "string", minLength: 8, title: "Token", writeOnly: true, format: "password" } },
        required: ["token"],
      },
      key: { type: "string", description: "A key", writeOnly: true, format: "password" },
      stages: { type: "array", items: { enum: ["won", "lost"], type: "string" }, default: ["won"] },
      zone: { type: "string" },
    },
    required: ["domain", "access", "zone"],
  });
});
