import { asList, asRecord, asText, remembered, type SourceContext } from "metrika-gateway/plugin";
import * as v from "valibot";
import type { AmoApi } from "./api.ts";
import type { Config } from "./config.ts";
import type { StageNames } from "./to-deal.ts";

type Source = Pick<SourceContext<Config>, "state" | "now">;

const DAY_MS = 86_400_000;
/** A stage that was made since the names were read is looked for again, but not at each of its leads. */
const NAMES_ASKED_AGAIN_MS = 10 * 60_000;

const Account = v.object({
  id: v.nullable(v.string()),
  subdomain: v.nullable(v.string()),
  currency: v.nullable(v.string()),
});

/** What the account says of itself. */
export type Account = v.InferOutput<typeof Account>;

const Pipeline = v.object({
  id: v.string(),
  name: v.nullable(v.string()),
  stages: v.array(v.object({ id: v.string(), name: v.nullable(v.string()) })),
});

/** A pipeline with its stages, as a person named them. */
export type Pipeline = v.InferOutput<typeof Pipeline>;

/** The account, asked for once a day. */
export async function accountOf(source: Source, api: AmoApi): Promise<Account> {
  return remembered(source, { name: "account", schema: Account, forMs: DAY_MS, ask: () => askAccount(api) });
}

/** The account as it is now. */
export async function askAccount(api: AmoApi): Promise<Account> {
  const { id, subdomain, currency } = asRecord(await api.get("/account"));
  return { id: asText(id), subdomain: asText(subdomain), currency: asText(currency) };
}

/** Names of stages, asked for once a day and when one of the given stages is not among them. */
export async function stageNamesOf(
  source: Source,
  api: AmoApi,
  stages: readonly { readonly pipelineId: string | null; readonly statusId: string }[],
): Promise<StageNames> {
  const told = { name: "pipelines", schema: v.array(Pipeline), ask: () => askPipelines(api) };
  const known = await remembered(source, { ...told, forMs: DAY_MS });
  const lacks = stages.some((it) => it.pipelineId !== null && nameIn(known, it.pipelineId, it.statusId).stage === null);
  const pipelines = lacks ? await remembered(source, { ...told, forMs: NAMES_ASKED_AGAIN_MS }) : known;
  return (pipelineId, statusId) => nameIn(pipelines, pipelineId, statusId);
}

/** The pipelines as they are now. */
export async function askPipelines(api: AmoApi): Promise<Pipeline[]> {
  const { _embedded } = asRecord(await api.get("/leads/pipelines"));
  return asList(asRecord(_embedded).pipelines).flatMap((told) => {
    const { id, name, _embedded: inside } = asRecord(told);
    const stages = asList(asRecord(inside).statuses).flatMap((it) => named(asRecord(it)));
    return named({ id, name }).map((pipeline) => ({ ...pipeline, stages }));
  });
}

function named({ id, name }: Readonly<Record<string, unknown>>) {
  const text = asText(id);
  return text === null ? [] : [{ id: text, name: asText(name) }];
}

function nameIn(pipelines: readonly Pipeline[], pipelineId: string | null, statusId: string): ReturnType<StageNames> {
  const pipeline = pipelines.find(({ id }) => id === pipelineId);
  return { pipeline: pipeline?.name ?? null, stage: pipeline?.stages.find(({ id }) => id === statusId)?.name ?? null };
}
