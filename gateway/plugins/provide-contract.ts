import * as zodOpenapi from "@hono/zod-openapi";
import * as valibot from "valibot";
import * as contract from "../../core/plugin/index.ts";

let isProvided = false;

/**
 * Gives plugins from outside the gateway's own copies of the contract, of valibot and of @hono/zod-openapi, whatever is installed beside
 * them: of a second copy of the last, routes would serve and vanish from the OpenAPI document, since merging checks `instanceof`.
 * In the executable there is no other copy. Done once, before the first of them is imported.
 */
export function provideContract(): void {
  if (isProvided) return;
  isProvided = true;
  const modules = { "metrika-gateway/plugin": contract, valibot, "@hono/zod-openapi": zodOpenapi };
  Bun.plugin({
    name: "metrika-gateway/plugin",
    setup(build) {
      for (const [name, exports] of Object.entries(modules))
        build.module(name, () => ({ exports: { ...exports }, loader: "object" }));
    },
  });
}
