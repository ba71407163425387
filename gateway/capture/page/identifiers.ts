import type { Kind } from "./options.ts";

/** What is known of the visitor; digits, exact; null: not known. `counter` is the one whose visitor `client_id` is. */
export type Identifiers = Readonly<Record<Kind, string | null>>;

/** What a site may call: `window.metrikaGateway`. */
export interface MetrikaGateway {
  /** What is known, as soon as Metrika has answered, after 5 s at the latest; all null without consent. Never rejects. */
  identifiers(): Promise<Identifiers>;
  /** True: the visitor agrees. False: what was stored and filled in is taken away. Not remembered: told anew on each page. */
  consent(isGiven: boolean): void;
}

declare global {
  interface Window {
    /** A site that knows of consent before the script has loaded leaves `{ consented: true }` here. */
    metrikaGateway?: Partial<MetrikaGateway> & { readonly consented?: boolean };
  }
}

export const NOBODY: Identifiers = { client_id: null, yclid: null, counter: null };
