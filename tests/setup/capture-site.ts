import type { Browser, BrowserContext, Page } from "playwright-core";
import { until } from "./process.ts";

/** The counters of a page: the ClientID that each of them knows the visitor by. */
export type Counters = Readonly<Record<string, string>>;

/** How a page is made. */
export interface SiteOptions {
  /** What the page consists of; default: one form with a phone number. */
  readonly body?: string;
  /** Attributes of the script tag. */
  readonly attributes?: string;
  /** The counters that the page sets up; default: none, so that it has no tag of Metrika either. */
  readonly counters?: Counters;
  /** The page does not include Metrika's code itself: it is there for a test to add. */
  readonly addsTagLater?: boolean;
  /** The counters are set up with `triggerEvent`, which most sites leave out. */
  readonly triggersEvent?: boolean;
  /** Metrika's script is answered only once {@link CaptureSite.releaseTag} is called. */
  readonly holdsTag?: boolean;
  /** Its Content-Security-Policy. */
  readonly policy?: string;
  /** Runs on the page before any of its scripts. */
  readonly before?: () => void;
}

/** A site that includes the gateway's script, and a visitor with a browser profile of his own. */
export interface CaptureSite extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly url: string;
  /** The same server under another origin. */
  readonly otherOrigin: string;
  /** Opens the page, `/` unless told otherwise; resolves when its own scripts have run. */
  open(path?: string): Promise<void>;
  releaseTag(): void;
  /** The fields of the form that reached the server next, as they were sent. */
  lead(): Promise<Readonly<Record<string, string>>>;
  /** Sends the page's form as a visitor does; the fields that reached the server. */
  send(): Promise<Readonly<Record<string, string>>>;
  /** The value of the first field of this name, once it has one that is not empty. */
  filled(name: string): Promise<string>;
  /** What the page complained of, and foreign hosts that it asked, since this was called last. */
  takeComplaints(): readonly string[];
}

export const FORM = `<form method="post" action="/lead"><input name="phone" value="+70000000000"><button>Send</button></form>`;

/** Serves the site, and opens a browser profile for its visitor. */
export async function startSite(browser: Browser, gatewayUrl: string, options: SiteOptions = {}): Promise<CaptureSite> {
  const { body = FORM, attributes = "", counters, policy, before } = options;
  const leads: Record<string, string>[] = [];
  const { promise: tagReleased, resolve: releaseTag } = Promise.withResolvers<void>();
  if (!options.holdsTag) releaseTag();

  const metrika = counters && !options.addsTagLater ? `<script src="/metrika/snippet.js"></script>` : "";
  const document = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">${metrika}
<script src="${gatewayUrl}/capture.js" ${attributes} defer></script></head><body>${body}</body></html>`;
  const server = Bun.serve({
    port: 0,
    routes: {
      "/metrika/snippet.js": () => javascript(snippet(Object.keys(counters ?? {}), options.triggersEvent ?? false)),
      "/metrika/tag.js": async () => {
        await tagReleased;
        return javascript(tag(counters ?? {}));
      },
      "/lead": async (request) => {
        leads.push(Object.fromEntries(new URLSearchParams(await request.text())));
        return page("<!doctype html><title>Thank you</title><link rel=icon href=data:,>", policy);
      },
      "/*": () => page(document, policy),
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const otherOrigin = `http://localhost:${server.port}`;

  const context = await browser.newContext();
  context.setDefaultTimeout(10_000);
  if (before) await context.addInitScript(before);
  const complaints: string[] = [];
  const known = [url, otherOrigin, gatewayUrl];
  context.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (!known.includes(origin) && origin !== "null") complaints.push(`asked ${origin}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));

  const visitor = await context.newPage();
  const lead = () => until("a form has reached the server", () => leads.shift() ?? null);
  return {
    context,
    page: visitor,
    url,
    otherOrigin,
    takeComplaints: () => complaints.splice(0),
    releaseTag,
    lead,
    async open(path = "/") {
      await visitor.goto(url + path, { waitUntil: "domcontentloaded" });
    },
    async send() {
      await visitor.click("form button");
      return lead();
    },
    async filled(name) {
      const read = (wanted: string) => {
        const field = window.document.querySelector(`[name="${wanted}"]`);
        return field instanceof HTMLInputElement && field.value;
      };
      return String(await (await visitor.waitForFunction(read, name)).jsonValue());
    },
    async [Symbol.asyncDispose]() {
      releaseTag();
      await context.close();
      await server.stop(true);
    },
  };
}

const javascript = (text: string) => new Response(text, { headers: { "content-type": "text/javascript" } });

const page = (text: string, policy: string | undefined) =>
  new Response(text, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      ...(policy && { "content-security-policy": policy }),
    },
  });

/**
 * What a page has of Metrika: a queue that takes calls until the script has come, and the counters' beginning. As documented:
 * https://yandex.ru/support/metrica/ru/code/counter-initialize
 */
const snippet = (counters: readonly string[], triggerEvent: boolean) => `
window.ym = function () { (window.ym.a = window.ym.a || []).push(arguments); };
var script = document.createElement("script");
script.async = true;
script.src = "/metrika/tag.js";
document.head.appendChild(script);
${counters.map((counter) => `ym(${counter}, "init", { triggerEvent: ${triggerEvent} });`).join("\n")}
`;

/** Metrika's script as far as ClientIDs go: works off the queue, sets its cookies, answers later than it is asked, with a string. */
const tag = (counters: Counters) => `
(function (visitors) {
  var begun = {};
  var waiting = window.ym.a || [];
  window.ym = function (counter, method, argument) {
    if (method === "init") {
      begun[counter] = true;
      document.cookie = "_ym_d=1763899200; path=/";
      document.cookie = "_ym_uid_cst=1763899200; path=/";
      document.cookie = "_ym_uid=" + Object.values(visitors)[0] + "; path=/";
      if (argument.triggerEvent) setTimeout(function () { document.dispatchEvent(new Event("yacounter" + counter + "inited")); });
    }
    if (method === "getClientID" && begun[counter]) setTimeout(function () { argument(visitors[counter]); });
  };
  waiting.forEach(function (call) { window.ym.apply(null, call); });
})(${JSON.stringify(counters)});
`;
