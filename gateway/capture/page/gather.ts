import { readCookies } from "./cookies.ts";
import type { Identifiers } from "./identifiers.ts";
import type { Options } from "./options.ts";
import { keepYclid } from "./yclid.ts";

declare global {
  interface Window {
    /** Metrika's tag, or the queue that stands in for it until it has loaded. */
    ym?: unknown;
  }
}

/** The search for a visitor's identifiers. */
export interface Gathering {
  /** What is known by now. */
  now(): Identifiers;
  /** Metrika has answered, or had 5 s to do so. */
  readonly settled: Promise<void>;
  /** Looks again, at once. */
  look(): void;
  /** Ends the search; what Metrika still answers is not heard. */
  stop(): void;
}

const isClientId = (id: unknown): id is string => typeof id === "string" && /^\d{1,20}$/.test(id);
const LOOK_MS = 200;
/** So long may somebody who sends a form by a script be held up. */
const ANSWER_MS = 5000;
/** A tag that comes later tells by its event, and the cookie is read again whenever a form is sent. */
const SEARCH_MS = 30_000;

/**
 * Looks for the identifiers until Metrika's tag has answered. The tag may be there, come later or never come, so its cookie is
 * read meanwhile; where no counter is named, that is the answer: which counters a page has, the tag does not tell.
 * @param changed is called whenever more is known
 */
export function gather({ counter, domain }: Options, changed: () => void): Gathering {
  const yclid = keepYclid(domain);
  let clientId: string | null = null;
  let isAsked = false;
  let isOver = false;
  let settle: () => void;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
    setTimeout(resolve, ANSWER_MS);
  });

  const now = (): Identifiers => ({ client_id: clientId, yclid, counter: clientId && counter });
  const learn = (id: string | undefined) => {
    if (!id || id === clientId) return;
    clientId = id;
    changed();
  };
  const stop = () => {
    isOver = true;
    clearInterval(timer);
    settle();
  };
  /** https://yandex.ru/support/metrica/ru/objects/get-client-id: a string; calls made before the tag has loaded wait for it. */
  const ask = () => {
    if (isOver || typeof window.ym !== "function") return;
    isAsked = true;
    window.ym(Number(counter), "getClientID", (id: unknown) => {
      if (isOver || !isClientId(id)) return;
      learn(id);
      stop();
    });
  };
  const look = () => {
    if (isOver) return;
    // Of exactly this name: `_ym_uid_cst` and `_ym_d` are other things.
    learn(readCookies("_ym_uid").find(isClientId));
    if (!counter && clientId) stop();
    if (counter && !isAsked) ask();
  };

  // Sent by a tag that was set up with `triggerEvent`: https://yandex.ru/support/metrica/ru/code/counter-initialize
  if (counter) document.addEventListener(`yacounter${counter}inited`, ask);
  const timer = setInterval(look, LOOK_MS);
  setTimeout(() => clearInterval(timer), SEARCH_MS);
  look();
  return { now, settled, look, stop };
}
