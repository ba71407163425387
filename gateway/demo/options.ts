import { parseArgs } from "node:util";
import type { Language } from "../../core/language.ts";

/** How the demo was asked to run. */
export interface DemoOptions {
  /** Ends when the story has ended, instead of staying up. */
  readonly once: boolean;
  readonly language: Language;
  readonly help: boolean;
}

/** The command line was not understood; the message says what to give. */
export class DemoUsageError extends Error {
  override readonly name = "DemoUsageError";
}

/** The help of the command line. */
export const usage = `Usage: bun run demo [--once] [--lang ru|en]

  --once     end when everything is settled: exit code 0 if all went as it should, 1 if not
  --lang     language of the output (default: Russian where LANG begins with ru, else English)

Settings: PORT (8787), HOST (127.0.0.1), NO_COLOR`;

/**
 * Reads the command line and the environment's language.
 * @throws {DemoUsageError}
 */
export function readDemoOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoOptions {
  const { once, lang, help } = parse(args);
  if (lang !== undefined && lang !== "ru" && lang !== "en") {
    throw new DemoUsageError(`--lang ${lang}: there is Russian (ru) and English (en).\n\n${usage}`);
  }
  const spoken = /^ru/i.test(env.LANG ?? "") ? "ru" : "en";
  return { once: once ?? false, language: lang ?? spoken, help: help ?? false };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      once: { type: "boolean" },
      lang: { type: "string" },
      help: { type: "boolean", short: "h" },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new DemoUsageError(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}
