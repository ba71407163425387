/** What the script looks for and hands on, by the names that `identifiers()` answers with. */
export type Kind = "client_id" | "yclid" | "counter";

/** What a site asked for by the attributes of its script tag. */
export interface Options {
  /** The number of the counter whose ClientID is wanted; null: none was named. */
  readonly counter: string | null;
  /** The name of each field; empty: no field of this kind is added. */
  readonly names: Readonly<Record<Kind, string>>;
  /** The origins whose forms may be filled: the page's own, and those that the site named; `*` stands for all. */
  readonly origins: readonly string[];
  /** The domain that the cookie is shared in; null: this host alone. */
  readonly domain: string | null;
  /** Nothing is read or stored before the visitor has agreed. */
  readonly waits: boolean;
}

export const KINDS: readonly Kind[] = ["client_id", "yclid", "counter"];

/** Reads the attributes of the script tag; a counter that is no number counts as absent, but any `data-consent` is waited for. */
export function readOptions(tag: HTMLElement | SVGElement | null): Options {
  const {
    counter = "",
    clientField = "ym_client_id",
    yclidField = "yclid",
    counterField = "ym_counter",
    origins = "",
    domain = null,
    consent,
  } = tag ? tag.dataset : {};
  return {
    counter: /^\d{1,10}$/.test(counter) ? counter : null,
    names: { client_id: clientField, yclid: yclidField, counter: counterField },
    origins: origins.split(/\s+/).concat(location.origin),
    domain,
    waits: consent !== undefined,
  };
}
