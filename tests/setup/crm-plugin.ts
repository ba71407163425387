import {
  createRoute,
  defineSource,
  jsonResponse,
  pathSecret,
  Receipt,
  type SourcePlugin,
  secret,
  z,
} from "metrika-gateway/plugin";
import * as v from "valibot";

/** What a source of the test's CRM is configured with. */
const CrmConfig = v.object({
  domain: v.pipe(v.string(), v.minLength(3), v.title("Domain"), v.description("Of the CRM, without https://")),
  access_token: v.pipe(secret(v.string()), v.minLength(8), v.title("Access token")),
  signing: v.optional(v.object({ key: secret(v.string()), algorithm: v.optional(v.picklist(["sha1", "sha256"])) })),
  stages: v.optional(v.record(v.string(), v.string())),
});

/** A config that fits, with this secret in it. */
export const crmConfig = (access_token = "token-of-the-crm") => ({ domain: "shop.crm.example", access_token });

/** A CRM that can do nothing but call at an address that holds its secret; a test replaces what it is about. */
export function crmPlugin(change: Partial<SourcePlugin<v.InferOutput<typeof CrmConfig>>> = {}): SourcePlugin {
  const plugin = defineSource<v.InferOutput<typeof CrmConfig>>({
    ...{ apiVersion: 1, name: "crm", version: "1.4.0", config: CrmConfig, verify: pathSecret() },
    title: { ru: "Пример CRM", en: "Example CRM" },
    summary: { ru: "Сделки из CRM.", en: "Deals of a CRM." },
    routes(router) {
      const route = createRoute({
        method: "post",
        path: "/{source_id}/{secret}",
        operationId: "postCrmDeal",
        summary: "Send a deal",
        request: { params: z.object({ source_id: z.string(), secret: z.string() }) },
        responses: { 202: jsonResponse(Receipt, { description: "Accepted" }) },
      });
      router.intake(route, async (c, source, sender) => {
        const deal = v.parse(v.looseObject({}), await sender.readForm());
        const fact = { target: "purchase", ...deal };
        return c.json(source.receiptAnswer(await source.emit([fact]), sender.language), 202);
      });
    },
    ...change,
  });
  // As the loader gives plugins to the platform, which knows their config no better than their schema tells.
  return plugin as SourcePlugin;
}
