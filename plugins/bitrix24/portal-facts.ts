import { asList, asRecord, asText, type KnownPipeline, remembered, type SourceContext } from "metrika-gateway/plugin";
import * as v from "valibot";
import type { BitrixApi } from "./api.ts";
import type { Config } from "./config.ts";
import type { CrmEntity } from "./read-entity.ts";

type Source = Pick<SourceContext<Config>, "state" | "now" | "config">;
type Staged = Pick<CrmEntity, "entity" | "categoryId" | "stageId" | "semantics">;

const DAY_MS = 86_400_000;
/** A stage that was made since the names were read is looked for again, but not at each of its deals. */
const NAMES_ASKED_AGAIN_MS = 10 * 60_000;

/** `entityTypeId` of deals. https://apidocs.bitrix24.ru/api-reference/crm/universal/category/crm-category-list.html */
const DEALS = 2;

/** Leads have one line of stages; it stands beside the pipelines of deals under these names. */
const LEADS = { id: "leads", name: "Лиды" } as const;

const Pipeline = v.object({
  id: v.string(),
  name: v.nullable(v.string()),
  stages: v.array(v.object({ id: v.string(), name: v.nullable(v.string()), semantics: v.string() })),
});

/** A pipeline with its stages, as a person named them. */
export type Pipeline = v.InferOutput<typeof Pipeline>;

/** Every name of a deal's or lead's pipeline and stage, the readable one last. */
export type StageNames = (of: Staged) => { readonly pipeline: readonly string[]; readonly stage: readonly string[] };

/** Names of stages, asked for once a day and when one of the given stages is not among them. */
export async function stageNamesOf(source: Source, api: BitrixApi, staged: readonly Staged[]): Promise<StageNames> {
  const told = { name: "pipelines", schema: v.array(Pipeline), ask: () => askPipelines(source, api) };
  const known = await remembered(source, { ...told, forMs: DAY_MS });
  const lacks = staged.some((it) => stageIn(known, it) === undefined);
  const pipelines = lacks ? await remembered(source, { ...told, forMs: NAMES_ASKED_AGAIN_MS }) : known;
  return (of) => {
    const pipeline = pipelineIn(pipelines, of);
    const name = stageIn(pipelines, of)?.name ?? null;
    const stage = [of.stageId, ...(of.semantics === null ? [] : [of.semantics]), ...(name === null ? [] : [name])];
    return { pipeline: pipeline === undefined ? [pipelineId(of)] : namesOf(pipeline), stage };
  };
}

/** The pipelines of what the source reads, as they are now. */
export async function askPipelines({ config }: Pick<Source, "config">, api: BitrixApi): Promise<Pipeline[]> {
  const categories = config.entities.includes("deal")
    ? asList(asRecord(await api.call("crm.category.list", { entityTypeId: DEALS })).categories).flatMap(readCategory)
    : [];
  const pipelines = [...categories, ...(config.entities.includes("lead") ? [LEADS] : [])];
  const lists = await api.batch(
    Object.fromEntries(
      pipelines.map(({ id }) => [`p${id}`, `crm.status.list?filter[ENTITY_ID]=${stagesOf(id)}&order[SORT]=ASC`]),
    ),
  );
  return pipelines.map(({ id, name }) => ({ id, name, stages: asList(lists[`p${id}`]).flatMap(readStage) }));
}

/** A pipeline as the check of a mapping knows it. */
export function asKnown(pipeline: Pipeline): KnownPipeline {
  const stages = pipeline.stages.map(({ id, semantics, name }) => ({ names: [id, semantics, name ?? id] }));
  return { names: namesOf(pipeline), stages };
}

/** The name of the list that a pipeline's stages stand in. https://apidocs.bitrix24.ru/api-reference/crm/status/index.html */
function stagesOf(id: string): string {
  if (id === LEADS.id) return "STATUS";
  return id === "0" ? "DEAL_STAGE" : `DEAL_STAGE_${id}`;
}

function readCategory(told: unknown) {
  const { id: given, name } = asRecord(told);
  const id = asText(given);
  return id === null || !/^\d{1,10}$/.test(id) ? [] : [{ id, name: asText(name) }];
}

function readStage(told: unknown): Pipeline["stages"] {
  const { STATUS_ID, NAME, SEMANTICS } = asRecord(told);
  const id = asText(STATUS_ID);
  // An open stage has none.
  return id === null ? [] : [{ id, name: asText(NAME), semantics: asText(SEMANTICS) ?? "P" }];
}

const pipelineId = ({ entity, categoryId }: Staged) => (entity === "lead" ? LEADS.id : (categoryId ?? "0"));

const namesOf = ({ id, name }: Pipeline) => (name === null ? [id] : [id, name]);

const pipelineIn = (pipelines: readonly Pipeline[], of: Staged) => pipelines.find(({ id }) => id === pipelineId(of));

const stageIn = (pipelines: readonly Pipeline[], of: Staged) =>
  pipelineIn(pipelines, of)?.stages.find(({ id }) => id === of.stageId);
