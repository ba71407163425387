import {
  createRoute,
  defineSource,
  jsonResponse,
  problemResponses,
  Receipt,
  type SourcePlugin,
  sharedSecret,
  z,
} from "metrika-gateway/plugin";
import * as v from "valibot";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import type { SourceOptions, SourceRecord } from "../../core/store/store.ts";
import type { Answer, TestGateway } from "./gateway.ts";

const SECRET = "a secret between the test and its plugin";
const HEADER = "X-Test-Secret";
const NAME = "telling";

const Contact = v.object({ phones: v.array(v.string()), emails: v.array(v.string()) });
const Body = v.object({
  facts: v.array(v.unknown()),
  mode: v.optional(v.picklist(["normal", "strict", "dry_run"]), "normal"),
  keys: v.optional(v.array(v.nullable(v.string()))),
  counterId: v.optional(v.number()),
  contacts: v.optional(v.array(v.nullable(Contact))),
  idempotency: v.optional(v.object({ key: v.string(), bodyHash: v.string() })),
});

/** What is told in one call: facts, and how they are to be taken. */
export type Told = v.InferInput<typeof Body>;

/** A plugin that hands on whatever it is told, with all that `emit` can be told. */
export const tellingPlugin = defineSource({
  ...{ apiVersion: 1, name: NAME, version: "1.0.0", config: v.object({}), verify: sharedSecret(HEADER) },
  title: { ru: NAME, en: NAME },
  summary: { ru: NAME, en: NAME },
  routes(router) {
    const route = createRoute({
      method: "post",
      path: "/{source_id}",
      operationId: "tell",
      request: { params: z.object({ source_id: z.string() }) },
      responses: {
        202: jsonResponse(Receipt, { description: "Accepted" }),
        ...problemResponses("counter_not_allowed"),
      },
    });
    router.intake(route, async (c, source, sender) => {
      const { facts, ...options } = v.parse(Body, (await sender.readJson()).value);
      const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
      const receipt = await source.emit(facts, given);
      return c.json(source.receiptAnswer(receipt, sender.language), 202);
    });
  },
}) as SourcePlugin;

/** Makes a source of the telling plugin on the demo's counter, and what tells it facts. */
export async function createTeller(gateway: TestGateway, options: Partial<SourceOptions> = {}) {
  const { source } = await gateway.gateway.sources.create(gateway.gateway.store.installation.workspaceId, {
    ...{ plugin: NAME, config: {}, secret: { keeps: "hash", value: SECRET }, name: NAME, description: null },
    ...{ counterId: demo.counterId, access: { kind: "token", token: demo.token } },
    ...{ timeZone: null, defaultCurrency: null, language: "en", options: { ...defaultOptions, ...options } },
  });
  const tell = (told: Told, language = "en"): Promise<Answer> => {
    const headers = { [HEADER]: SECRET, "accept-language": language };
    return gateway.request("POST", `/sources/${NAME}/${source.uuid}`, { headers, body: told });
  };
  return { source, tell } satisfies { readonly source: SourceRecord; readonly tell: unknown };
}
