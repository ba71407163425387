import type * as v from "valibot";
import type { TokenWarning } from "../../core/accounts/check-token.ts";
import { type Language, type Localized, render } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import type { SenderVerifier } from "../../core/plugin/verifiers/verifier.ts";
import { shownConfig } from "../../core/sources/kept-config.ts";
import { verifierOf } from "../../core/sources/source-verifier.ts";
import type { SourceHealth, SourceRecord } from "../../core/store/store.ts";
import { addressOf, withSecret } from "../route-book.ts";
import type { RouteDeps } from "./deps.ts";
import { settingsAnswer, sourceWarnings } from "./source-answers.ts";
import type { Source } from "./source-shapes.ts";

/** What is doubtful about a source, by stable code. */
export const sourceSentences = {
  secret_awaited: {
    ru: "Отправитель сам создаёт секрет, и шлюз его ещё не знает, поэтому отвергает все запросы. Скопируйте секрет у отправителя и передайте запросом POST /v1/sources/{source}/rotate-secret.",
    en: "The sender makes the secret, and the gateway does not know it yet, so it refuses every request. Copy the secret from the sender, and give it by POST /v1/sources/{source}/rotate-secret.",
  },
} as const satisfies Record<string, Localized>;

type PageDeps = Pick<RouteDeps, "store" | "vault" | "catalogue" | "openConfig" | "routeBook" | "publicUrl">;

/** Sources as they are shown. */
export interface SourcePages {
  /** In the order in which they are given. */
  answers(sources: readonly SourceRecord[], language: Language): Promise<SourceAnswer[]>;
  /** @param doubts about a token that was given just now */
  answer(source: SourceRecord, language: Language, doubts?: readonly TokenWarning[]): Promise<SourceAnswer>;
  /** Its addresses, with the secret where they hold one; null: no secret is to be shown. */
  addresses(source: SourceRecord, secret: string | null): readonly (AddressAnswer & WithSecret)[];
}

type AddressAnswer = ReturnType<typeof addressesOf>[number];
interface WithSecret {
  readonly address_with_secret: string | null;
}

/** What is told of one source. */
export type SourceAnswer = v.InferOutput<typeof Source>;

interface Told {
  readonly language: Language;
  readonly health: SourceHealth | null;
  readonly access: Parameters<typeof settingsAnswer>[1];
  readonly doubts: readonly TokenWarning[];
}

/** Makes the pages of one process. */
export function createSourcePages(deps: PageDeps): SourcePages {
  const { store } = deps;

  async function answers(sources: readonly SourceRecord[], language: Language, doubts: readonly TokenWarning[] = []) {
    const credentialIds = [...new Set(sources.map(({ credentialId }) => credentialId))];
    const accounts = await store.accounts.ofCredentials(credentialIds);
    const credentials = new Map((await store.credentials.getMany(credentialIds)).map((one) => [one.id, one]));
    const healths = await store.sourceHealth.getMany(sources.map(({ id }) => id));
    return sources.map((source) => {
      const { id, credentialId } = source;
      const access = { credential: credentials.get(credentialId) ?? null, account: accounts.get(credentialId) ?? null };
      return answerOf(deps, source, { language, doubts, access, health: healths.get(id) ?? null });
    });
  }

  return {
    answers,
    async answer(source, language, doubts) {
      const [answer] = await answers([source], language, doubts);
      if (answer === undefined) throw new Error("One source has one answer.");
      return answer;
    },
    addresses: (source, secret) =>
      addressesOf(deps, source).map((address) => ({
        ...address,
        address_with_secret: secret === null ? null : withSecret(address.url, secret),
      })),
  };
}

function answerOf(deps: PageDeps, source: SourceRecord, { language, health, access, doubts }: Told): SourceAnswer {
  const listed = deps.catalogue.find(source.plugin);
  const opened = deps.openConfig(source);
  const { config, configVersion, secretsSet } = shownConfig(deps.vault, source, listed);
  return {
    source_id: source.uuid,
    plugin: source.plugin,
    plugin_version: listed?.plugin.version ?? null,
    name: source.name,
    description: source.description,
    counter_id: source.counterId,
    state: stateOf(source.isActive, opened.ok),
    waiting_for: opened.ok ? null : { code: opened.code, message: opened.reason[language] },
    config: { ...config },
    config_version: configVersion,
    secrets_set: [...secretsSet],
    counters: [...source.options.counters],
    match_by_contact: source.options.matchByContact,
    schedule: source.schedule,
    next_run_at: isoOrNull(source.nextRunAt),
    urls: addressesOf(deps, source),
    health: healthAnswer(health, language),
    ...settingsAnswer(source, access),
    warnings: [
      ...sourceWarnings(deps.publicUrl, doubts, language),
      ...secretWarnings(source, verifierOfSource(deps, source), language),
    ],
  };
}

const stateOf = (isActive: boolean, isUsable: boolean) =>
  isActive ? (isUsable ? "active" : "waiting_for_person") : "disabled";

function verifierOfSource({ catalogue, openConfig }: PageDeps, source: SourceRecord): SenderVerifier | null {
  const plugin = catalogue.find(source.plugin)?.plugin;
  return plugin === undefined ? null : verifierOf(plugin, openConfig(source));
}

function addressesOf(deps: PageDeps, source: SourceRecord) {
  const verifier = verifierOfSource(deps, source);
  return deps.routeBook.of(source.plugin).map((route) => {
    const { methods, url, summary } = addressOf(deps.publicUrl, route, source.uuid, verifier);
    return { methods: [...methods], url, summary };
  });
}

function healthAnswer(health: SourceHealth | null, language: Language) {
  const { failures = 0, restingUntil = null, errorCode = null, error = null } = health ?? {};
  const { failedAt = null, workedAt = null } = health ?? {};
  return {
    failures,
    resting_until: isoOrNull(restingUntil),
    last_failure:
      errorCode === null || failedAt === null
        ? null
        : { code: errorCode, message: error?.[language] ?? errorCode, failed_at: iso(failedAt) },
    worked_at: isoOrNull(workedAt),
  };
}

function secretWarnings(source: SourceRecord, verifier: SenderVerifier | null, language: Language) {
  const isAwaited = verifier !== null && source.secretHash === null && source.sealedSecret === null;
  const code = "secret_awaited";
  return isAwaited ? [{ code, message: render(sourceSentences[code], language, { source: source.uuid }) }] : [];
}
