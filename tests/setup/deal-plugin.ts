import { defineSource, type Leftover, pathSecret, type SourceContext, type SourcePlugin } from "metrika-gateway/plugin";
import * as v from "valibot";
import { demo, demoVisitors } from "../../core/metrika/simulator/demo-data.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import type { RawIntakeRecord } from "../../core/store/store.ts";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./gateway.ts";

const NAME = "test-deals";
const SECRET = "a secret between the test and its CRM";

const Config = v.object({ stages: v.optional(v.record(v.string(), v.string()), { won: "purchase" }) });
const Deal = v.object({
  deal: v.string(),
  stage: v.string(),
  visitor: v.optional(v.string()),
  price: v.optional(v.string()),
});

const Greeting = v.object({ test: v.literal("test") });

/** A deal as the test's CRM tells it. */
export type TestDeal = v.InferInput<typeof Deal>;

type Source = SourceContext<v.InferOutput<typeof Config>>;

/** What stands in place of the plugin's own way with a deal. */
export type Handling = (source: Source, deal: TestDeal) => Promise<readonly Leftover[]>;

/** Hands a deal to the sink, or says that its stage has no target. */
export async function tellDeal(
  source: Source,
  { deal, stage, visitor, price }: TestDeal,
): Promise<readonly Leftover[]> {
  const target = source.config.stages[stage];
  if (target === undefined) {
    const message = { ru: `Этап ${stage} не настроен`, en: `The stage ${stage} has no target` };
    return [{ subject: `deal ${deal}`, code: "stage_not_mapped", message, needs: "person" }];
  }
  const fact = { client_id: visitor, target, date_time: "2026-11-23T10:00:00Z", price, currency: "RUB" };
  await source.emit([fact], { keys: [deal] });
  return [];
}

/**
 * A CRM that shows its secret at the end of the address and tells one deal in a form.
 * @param handling what it does with a deal; default: {@link tellDeal}
 */
export function dealPlugin(handling: Handling = tellDeal): SourcePlugin {
  const plugin = defineSource({
    ...{ apiVersion: 1, name: NAME, version: "1.0.0", config: Config, verify: pathSecret() },
    title: { ru: NAME, en: NAME },
    summary: { ru: NAME, en: NAME },
    routes(router) {
      router.rawIntake({
        ...{ path: "/{source_id}/{secret}", methods: ["post", "get"], operationId: "receiveTestDeal" },
        ...{ summary: "A deal", examples: { "application/x-www-form-urlencoded": "deal=1&stage=won" } },
        isGreeting: async (sent) => v.is(Greeting, await sent.readForm()),
      });
    },
    async handle(source, intake) {
      const sent = intake.method === "GET" ? Object.fromEntries(intake.query) : await intake.readForm();
      return handling(source, v.parse(Deal, sent));
    },
  });
  return plugin as SourcePlugin;
}

/** The deal with the given number: the demo's visitor of that number buys. */
export const dealOf = (number: number, more: Partial<TestDeal> = {}): TestDeal => ({
  ...{ deal: `D-${number}`, stage: "won", visitor: String(demoVisitors[number]?.clientId), price: "1500" },
  ...more,
});

/** A deal as the fields of a form. */
export const formOf = (deal: TestDeal): string =>
  new URLSearchParams(Object.entries(deal).map(([name, value]) => [name, String(value)])).toString();

/** A source of the CRM in a running gateway, and what its CRM and its owner do with it. */
export interface CrmSource {
  readonly id: string;
  readonly path: string;
  /** Tells a deal as the CRM does; the answer's status. */
  send(deal: TestDeal): Promise<number>;
  /** What was kept, oldest first. */
  intakes(): Promise<readonly RawIntakeRecord[]>;
  states(): Promise<readonly string[]>;
  /** Changes the source as its owner does. */
  change(change: Readonly<Record<string, unknown>>): Promise<void>;
  replay(body?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** Makes a source of the CRM. */
export async function createCrm(gateway: TestGateway): Promise<CrmSource> {
  const { source } = await gateway.gateway.sources.create(gateway.gateway.store.installation.workspaceId, {
    ...{ plugin: NAME, config: {}, secret: { keeps: "hash", value: SECRET }, name: NAME, description: null },
    ...{ counterId: demo.counterId, access: { kind: "token", token: demo.token } },
    ...{ timeZone: null, defaultCurrency: null, language: "en" },
    options: { ...defaultOptions, dedupeBy: "purchase" },
  });
  const path = `/sources/${NAME}/${source.uuid}/${encodeURIComponent(SECRET)}`;
  const intakes = async () => {
    const request = { sourceId: source.id, state: null, before: null, limit: 500 };
    return (await gateway.gateway.store.rawIntakes.list(request)).rows.toReversed();
  };
  return {
    id: source.uuid,
    path,
    async send(deal) {
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      return (await gateway.request("POST", path, { headers, body: formOf(deal) })).status;
    },
    intakes,
    states: async () => (await intakes()).map(({ state }) => state),
    async change(change) {
      const answer = await gateway.manage("PATCH", `/v1/sources/${source.uuid}`, change);
      if (answer.status !== 200) throw new Error(answer.text);
    },
    async replay(body = {}) {
      return (await gateway.manage("POST", `/v1/sources/${source.uuid}/raw-intakes/replay`, body)).body.replayed;
    },
  };
}

/** A gateway with the CRM's plugin and one source of it. */
export async function startWithCrm(handling?: Handling, options: TestGatewayOptions = {}) {
  const gateway = await startTestGateway({ plugins: [dealPlugin(handling)], ...options });
  return { gateway, crm: await createCrm(gateway) };
}
