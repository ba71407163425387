import { Worker } from "node:worker_threads";
import type { Localized } from "../language.ts";
import { ExpressionError, type ExpressionErrorCode } from "./expression-error.ts";
import type { Answer, Question } from "./messages.ts";

/** Reckons what tenants wrote, in JSONata (https://docs.jsonata.org), away from everybody else. */
export interface Expressions {
  /**
   * What an expression gives for an input; null where it gives nothing.
   * @param owner whose it is: owners take turns, and one of them alone waits for a slow one of its own
   * @param input JSON
   * @throws {ExpressionError}
   */
  evaluate(owner: string, expression: string, input: unknown): Promise<unknown>;
  /**
   * Reads an expression without an input.
   * @throws {ExpressionError} `expression_syntax`
   */
  check(owner: string, expression: string): Promise<void>;
  /** Ends the worker; who still waits gets an error. */
  close(): void;
}

/** The limits of {@link createExpressions}. */
export interface ExpressionLimits {
  /** How long one expression may take, in milliseconds. */
  readonly timeMs: number;
  /** By how much the process may grow meanwhile, in bytes. */
  readonly memoryBytes: number;
  /** How many of one owner may wait. */
  readonly mostWaiting: number;
}

const LIMITS: ExpressionLimits = { timeMs: 1000, memoryBytes: 268_435_456, mostWaiting: 1000 };
/** Longest expression, in characters. */
const LONGEST_EXPRESSION = 20_000;
/** How long a worker may take until it answers for the first time, on a machine that is busy with all else. */
const START_MS = 10_000;
const WATCH_MS = 25;
/** A worker that nobody asks is not kept. */
const IDLE_MS = 60_000;

/** In an executable all modules are one, and the worker stands in it by its path from the root of this repository. */
const WORKER = import.meta.path.endsWith("/expressions.ts")
  ? `${import.meta.dir}/worker.ts`
  : `${import.meta.dir}/core/expressions/worker.js`;

interface Job {
  readonly question: Question;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * One worker, which is begun with the first expression. A thread of its own keeps an endless loop from everybody else and can be ended
 * in the middle of it; its memory is the process's, so it is watched, and within its time an expression took no more than
 * 320 MB (measured with the worst that were found).
 */
export function createExpressions(given: Partial<ExpressionLimits> = {}): Expressions {
  const limits = { ...LIMITS, ...given };
  /** By owner, in the order of their turns. */
  const waiting = new Map<string, Job[]>();
  let worker: Worker | null = null;
  let isReady = false;
  let current: { readonly job: Job; stopWatching(): void } | null = null;
  let idle: ReturnType<typeof setTimeout> | null = null;
  let starting: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;

  /** Tells everybody who waits that nothing will come. */
  function dismiss(error: ExpressionError): void {
    const jobs = [...waiting.values()].flat();
    waiting.clear();
    end(error);
    for (const job of jobs) job.reject(error);
  }

  function begin(): void {
    const begun = new Worker(WORKER);
    starting = setTimeout(() => dismiss(notStarted), START_MS);
    starting.unref();
    // A gateway that has nothing else to do may end.
    begun.unref();
    begun.on("message", (answer: Answer) => {
      if (begun !== worker) return;
      if (answer.kind === "ready") {
        clearTimeout(starting);
        isReady = true;
      } else settle(answer);
      next();
    });
    begun.on("error", (error) => {
      if (begun === worker) end(failed("expression_failed", error.message));
    });
    worker = begun;
    isReady = false;
  }

  /** Ends the worker; whose expression it was is told why, the others get a new worker. */
  function end(error: ExpressionError): void {
    clearTimeout(starting);
    worker?.terminate();
    worker = null;
    const ended = current;
    current = null;
    ended?.stopWatching();
    ended?.job.reject(error);
    next();
  }

  function settle(answer: Exclude<Answer, { kind: "ready" }>): void {
    const settled = current;
    current = null;
    settled?.stopWatching();
    if (answer.kind === "value") settled?.job.resolve(answer.value === null ? null : JSON.parse(answer.value));
    else settled?.job.reject(errorOf(answer));
  }

  function next(): void {
    if (idle !== null) clearTimeout(idle);
    idle = null;
    if (current !== null || isClosed) return;
    const [turn] = waiting;
    if (turn === undefined) {
      idle = setTimeout(rest, IDLE_MS);
      idle.unref();
      return;
    }
    if (worker === null) begin();
    if (!isReady) return;
    const [owner, jobs] = turn;
    const job = jobs.shift() as Job;
    // To the end of the line, if more of its own wait.
    waiting.delete(owner);
    if (jobs.length > 0) waiting.set(owner, jobs);
    current = { job, stopWatching: watch() };
    worker?.postMessage(job.question);
  }

  function watch(): () => void {
    const before = process.memoryUsage.rss();
    const slow = setTimeout(() => end(tooSlow(limits.timeMs)), limits.timeMs);
    const watching = setInterval(() => {
      if (process.memoryUsage.rss() - before > limits.memoryBytes) end(tooLarge(limits.memoryBytes));
    }, WATCH_MS);
    return () => {
      clearTimeout(slow);
      clearInterval(watching);
    };
  }

  function rest(): void {
    worker?.terminate();
    worker = null;
  }

  function ask(owner: string, question: Question): Promise<unknown> {
    if (isClosed) return Promise.reject(failed("expressions_busy", "The gateway is stopping."));
    if (question.expression.length > LONGEST_EXPRESSION) return Promise.reject(tooLong);
    const jobs = waiting.get(owner) ?? [];
    if (jobs.length >= limits.mostWaiting) return Promise.reject(busy);
    return new Promise((resolve, reject) => {
      jobs.push({ question, resolve, reject });
      waiting.set(owner, jobs);
      next();
    });
  }

  return {
    evaluate: (owner, expression, input) => ask(owner, { expression, input: JSON.stringify(input ?? null) }),
    async check(owner, expression) {
      await ask(owner, { expression, input: null });
    },
    close() {
      isClosed = true;
      if (idle !== null) clearTimeout(idle);
      dismiss(failed("expressions_busy", "The gateway is stopping."));
    },
  };
}

function errorOf({ stage, message, position }: Extract<Answer, { kind: "error" }>): ExpressionError {
  if (stage === "size") return failed("expression_too_large", `The result is too large: ${message}.`);
  return failed(stage === "syntax" ? "expression_syntax" : "expression_failed", message, position);
}

/** JSONata speaks English alone. */
function failed(code: ExpressionErrorCode, message: string, position: number | null = null): ExpressionError {
  const reason: Localized = {
    ru: position === null ? `Выражение не вычислено: ${message}` : `Выражение, символ ${position}: ${message}`,
    en:
      position === null ? `The expression failed: ${message}` : `The expression, at character ${position}: ${message}`,
  };
  return new ExpressionError(code, reason, position);
}

const tooSlow = (ms: number) =>
  new ExpressionError("expression_too_slow", {
    ru: `Выражение не закончило за ${ms / 1000} с и было остановлено. Упростите его.`,
    en: `The expression did not finish within ${ms / 1000} s and was stopped. Make it simpler.`,
  });

const tooLarge = (bytes: number) =>
  new ExpressionError("expression_too_large", {
    ru: `Выражение заняло больше ${Math.round(bytes / 1_048_576)} МБ памяти и было остановлено. Упростите его.`,
    en: `The expression took more than ${Math.round(bytes / 1_048_576)} MB of memory and was stopped. Make it simpler.`,
  });

const tooLong = new ExpressionError("expression_too_large", {
  ru: `Выражение длиннее ${LONGEST_EXPRESSION} символов. Сократите его.`,
  en: `The expression is longer than ${LONGEST_EXPRESSION} characters. Shorten it.`,
});

const notStarted = new ExpressionError("expressions_busy", {
  ru: "Не удалось запустить вычисление выражений. Повторите позже.",
  en: "The worker that reckons expressions did not start. Try again later.",
});

const busy = new ExpressionError("expressions_busy", {
  ru: "Слишком много выражений этого источника ждут вычисления. Повторите позже.",
  en: "Too many expressions of this source wait already. Try again later.",
});
