import { getLogger } from "@logtape/logtape";
import * as v from "valibot";
import { type Language, type Localized, render } from "../language.ts";
import type { Health, SourcePlugin } from "../plugin/contract.ts";
import { RetryLater, Unusable } from "../plugin/raw-intake.ts";
import type { SourceContext } from "../plugin/source-context.ts";
import type { SourceRecord } from "../store/store.ts";
import { type ContextDeps, createSourceContext } from "./context.ts";
import { ownSecretsMask } from "./own-secrets.ts";

const log = getLogger(["metrika-gateway", "sources"]);

/** How long a person waits for a check at the most. */
const PATIENCE_MS = 20_000;

/** What the platform finds of a check that its plugin did not end well, by stable code. */
export const checkSentences = {
  not_answering: {
    ru: "Другая сторона сейчас не отвечает: {text}",
    en: "The other side does not answer now: {text}",
  },
  check_timed_out: {
    ru: "Проверка не закончилась за {seconds} с. Другая сторона не отвечает или адрес неверен.",
    en: "The check did not end within {seconds} s. The other side does not answer, or the address is wrong.",
  },
  check_failed: {
    ru: "Плагин не смог проверить соединение из-за своей ошибки. Причина записана в журнал шлюза.",
    en: "The plugin could not check the connection by a fault of its own. The gateway's log tells why.",
  },
} as const satisfies Record<string, Localized>;

const Sentence = v.object({ ru: v.string(), en: v.string() });
const HealthTold = v.object({
  checks: v.array(v.object({ code: v.string(), ok: v.boolean(), message: Sentence })),
});

/**
 * Lets a plugin check the connection of a source. Whatever it does, it is told as a check: nothing is thrown, and after the time
 * it is given nobody listens any more.
 * @param config as `openConfig` gave it
 */
export async function checkSource(
  deps: ContextDeps,
  check: NonNullable<SourcePlugin["check"]>,
  source: SourceRecord,
  config: unknown,
  patienceMs = PATIENCE_MS,
): Promise<Health> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), patienceMs);
  const tooLong = new Promise<Health>((resolve) =>
    over.signal.addEventListener("abort", () => resolve(failed("check_timed_out", { seconds: patienceMs / 1000 }))),
  );
  const occasion = { signal: over.signal, progress() {} };
  const context: SourceContext<unknown> = {
    ...createSourceContext(deps, source, config, occasion),
    emit: () => Promise.reject(new Error("A check emits nothing.")),
  };
  try {
    return await Promise.race([asked(check, context, { mask: ownSecretsMask(deps.vault, source), source }), tooLong]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

async function asked(
  check: NonNullable<SourcePlugin["check"]>,
  context: SourceContext<unknown>,
  { mask, source }: { readonly mask: (text: string) => string; readonly source: SourceRecord },
): Promise<Health> {
  const told = ({ ru, en }: Localized): Localized => ({ ru: mask(ru), en: mask(en) });
  try {
    const { checks } = v.parse(HealthTold, await check(context));
    return { checks: checks.map(({ message, ...found }) => ({ ...found, message: told(message) })) };
  } catch (error) {
    if (error instanceof RetryLater) return failed("not_answering", { text: told(error.reason) });
    if (error instanceof Unusable) return { checks: [{ code: error.code, ok: false, message: told(error.reason) }] };
    // After the time is over its requests were aborted, which is no fault of its own.
    if (!context.signal.aborted)
      log.warn("The check of source {sourceId} failed in its plugin {plugin}: {text}", {
        ...{ sourceId: source.uuid, plugin: source.plugin, text: mask(Bun.inspect(error)) },
      });
    return failed("check_failed", {});
  }
}

function failed(
  code: keyof typeof checkSentences,
  params: { readonly seconds?: number; readonly text?: Localized },
): Health {
  const { seconds = 0, text } = params;
  const message = (language: Language) =>
    render(checkSentences[code], language, { seconds, text: text?.[language] ?? "" });
  return { checks: [{ code, ok: false, message: { ru: message("ru"), en: message("en") } }] };
}
