import { asList, asRecord, asText, type SourceContext } from "metrika-gateway/plugin";
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

/** As it is kept in the source's state; `at` in Unix milliseconds. */
const Remembered = v.object({ at: v.number(), value: v.unknown() });

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
  return remembered(source, "account", Account, DAY_MS, () => askAccount(api));
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
  const ask = () => askPipelines(api);
  const known = await remembered(source, "pipelines", v.array(Pipeline), DAY_MS, ask);
  const lacks = stages.some((it) => it.pipelineId !== null && nameIn(known, it.pipelineId, it.statusId).stage === null);
  const pipelines = lacks ? await remembered(source, "pipelines", v.array(Pipeline), NAMES_ASKED_AGAIN_MS, ask) : known;
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

/** What was asked within the given time, else the answer of now, which is kept. */
async function remembered<Value>(
  { state, now }: Source,
  name: string,
  schema: v.GenericSchema<unknown, Value>,
  forMs: number,
  ask: () => Promise<Value>,
): Promise<Value> {
  const at = now().getTime();
  const kept = v.safeParse(Remembered, await state.get(name));
  if (kept.success && kept.output.at <= at && at - kept.output.at < forMs) {
    const known = v.safeParse(schema, kept.output.value);
    if (known.success) return known.output;
  }
  const value = await ask();
  await state.set(name, { at, value });
  return value;
}
