import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { describeBrowser } from "../setup/browser.ts";
import { type CaptureSite, FORM, type SiteOptions, startSite } from "../setup/capture-site.ts";
import { type GatewayProcess, startGateway, type TemporaryFolder, temporaryFolder } from "../setup/process.ts";

const COUNTER = "12345678";
/** 19 digits: more than a number holds, which would end in 400. */
const CLIENT_ID = "1770146617335078468";
const counters = { [COUNTER]: CLIENT_ID };
const named = `data-counter="${COUNTER}"`;
const CLICK = "7777777777777777777";
const LATER_CLICK = "8888888888888888888";
const DAY_MS = 24 * 60 * 60 * 1000;

const nobody = { client_id: null, yclid: null, counter: null };
const visitor = { ym_client_id: CLIENT_ID, ym_counter: COUNTER };
const phone = { phone: "+70000000000" };

describeBrowser("The script for sites", (browser) => {
  let folder: TemporaryFolder;
  let gateway: GatewayProcess;
  let site: CaptureSite | undefined;

  beforeAll(async () => {
    folder = await temporaryFolder();
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    const complaints = site?.takeComplaints() ?? [];
    await site?.[Symbol.asyncDispose]();
    site = undefined;
    expect(complaints).toEqual([]);
  });

  /** Opens a page; what it complains of fails its test. */
  const visit = async (options: SiteOptions = {}, path = "/") => {
    site = await startSite(browser(), gateway.url, options);
    await site.open(path);
    return site;
  };
  const identifiers = ({ page }: CaptureSite) =>
    page.evaluate(() => window.metrikaGateway?.identifiers?.() ?? Promise.resolve(null));

  test("a form carries ClientID, counter and click to the site's server, exact to the last digit", async () => {
    const shop = await visit({ counters, attributes: named }, `/?yclid=${CLICK}&utm_source=yandex`);
    expect(await shop.filled("ym_counter")).toBe(COUNTER);
    expect(await identifiers(shop)).toEqual({ client_id: CLIENT_ID, yclid: CLICK, counter: COUNTER });
    expect(await shop.send()).toEqual({ ...phone, ...visitor, yclid: CLICK });
  });

  test("a tag that comes long after the page still fills its forms", async () => {
    const shop = await visit({ counters, attributes: named, holdsTag: true });
    expect(await shop.page.locator("[name=ym_client_id]").count()).toBe(0);
    shop.releaseTag();
    expect(await shop.filled("ym_client_id")).toBe(CLIENT_ID);
    expect(await shop.send()).toEqual({ ...phone, ...visitor });
  });

  test("a tag that comes when nobody looks for it any more makes itself heard", async () => {
    site = await startSite(browser(), gateway.url, {
      ...{ counters, attributes: named },
      ...{ addsTagLater: true, triggersEvent: true },
    });
    await site.page.clock.install();
    await site.open();
    await site.page.clock.runFor(31_000);
    await site.page.addScriptTag({ url: "/metrika/snippet.js" });
    expect(await site.filled("ym_client_id")).toBe(CLIENT_ID);
  });

  test("a form that appears later is filled, and so is one whose fields are drawn again", async () => {
    const shop = await visit({ counters, attributes: named, body: `<div id="popup"></div>` });
    await identifiers(shop);
    const draw = (html: string) => {
      const popup = document.querySelector("#popup");
      if (popup) popup.innerHTML = html;
    };
    await shop.page.evaluate(draw, FORM);
    expect(await shop.filled("ym_client_id")).toBe(CLIENT_ID);
    await shop.page.evaluate(() => document.querySelector("form")?.replaceChildren(document.createElement("button")));
    expect(await shop.filled("ym_client_id")).toBe(CLIENT_ID);
    expect(await shop.send()).toEqual(visitor);
  });

  test("a form that a script adds and sends at once carries them too", async () => {
    const shop = await visit({ counters, attributes: named, body: "" });
    await identifiers(shop);
    await shop.page.evaluate(() => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action: "/lead" });
      document.body.append(form);
      form.submit();
    });
    expect(await shop.lead()).toEqual(visitor);
  });

  test("a script that sends a form's fields by itself finds them among those", async () => {
    const body = `<form><input name="phone" value="+70000000000"><button>Send</button></form>`;
    const shop = await visit({ counters, attributes: named, body });
    await identifiers(shop);
    await shop.page.evaluate(() => {
      document.querySelector("form")?.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!(event.target instanceof HTMLFormElement)) return;
        const fields = [...new FormData(event.target)].map(([name, value]) => [name, String(value)]);
        void fetch("/lead", { method: "POST", body: new URLSearchParams(fields) });
      });
    });
    expect(await shop.send()).toEqual({ ...phone, ...visitor });
  });

  test("a form within an open shadow root is filled once the visitor uses it", async () => {
    const shop = await visit({ counters, attributes: named, body: `<lead-form></lead-form>` });
    await identifiers(shop);
    await shop.page.evaluate((form) => {
      const root = document.querySelector("lead-form")?.attachShadow({ mode: "open" });
      if (root) root.innerHTML = form;
    }, FORM);
    await shop.page.focus("lead-form [name=phone]");
    expect(await shop.send()).toEqual({ ...phone, ...visitor });
  });

  test("of two counters on a page the named one's ClientID is sent", async () => {
    const two = { "1111111": "1763899200111111111", ...counters };
    const shop = await visit({ counters: two, attributes: named });
    expect(await identifiers(shop)).toEqual({ client_id: CLIENT_ID, yclid: null, counter: COUNTER });
    expect(await shop.send()).toEqual({ ...phone, ...visitor });
  });

  test("where no counter is named the ClientID comes from Metrika's cookie, not from those named alike", async () => {
    const shop = await visit({ counters });
    expect(await identifiers(shop)).toEqual({ client_id: CLIENT_ID, yclid: null, counter: null });
    expect(await shop.send()).toEqual({ ...phone, ym_client_id: CLIENT_ID });
  });

  test("a returning visitor whose blocker keeps the tag away is known by Metrika's cookie", async () => {
    site = await startSite(browser(), gateway.url, { attributes: named });
    await site.context.addCookies([{ name: "_ym_uid", value: CLIENT_ID, url: site.url }]);
    await site.open();
    expect(await site.filled("ym_client_id")).toBe(CLIENT_ID);
    expect(await site.send()).toEqual({ ...phone, ...visitor });
  });

  test("the first click is kept when a later one comes, and replaced after 90 days", async () => {
    const shop = await visit({}, `/?yclid=${CLICK}`);
    const began = Date.now();
    expect(await shop.filled("yclid")).toBe(CLICK);
    await shop.open(`/?yclid=${LATER_CLICK}`);
    expect(await shop.filled("yclid")).toBe(CLICK);
    await shop.page.clock.setFixedTime(began + 89 * DAY_MS);
    await shop.open(`/?yclid=${LATER_CLICK}`);
    expect(await shop.filled("yclid")).toBe(CLICK);
    await shop.page.clock.setFixedTime(began + 91 * DAY_MS);
    await shop.open(`/?yclid=${LATER_CLICK}`);
    expect(await shop.filled("yclid")).toBe(LATER_CLICK);
    expect(await shop.send()).toEqual({ ...phone, yclid: LATER_CLICK });
  });

  test("a click that is not digits is neither kept nor sent", async () => {
    const shop = await visit({}, "/?yclid=7%3Cscript%3E;Domain=evil&xyclid=1");
    expect(await shop.context.cookies()).toEqual([]);
    expect(await shop.send()).toEqual(phone);
  });

  test("the click is kept in a cookie of the site's own that goes to no other site", async () => {
    const shop = await visit({}, `/?yclid=${CLICK}`);
    await shop.filled("yclid");
    const [cookie, ...others] = await shop.context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({
      name: "metrika_gateway_yclid",
      domain: "127.0.0.1",
      sameSite: "Lax",
      secure: false,
    });
    expect(cookie?.value).toMatch(new RegExp(`^${CLICK}\\.\\d{13}$`));
    expect(Math.round(((cookie?.expires ?? 0) * 1000 - Date.now()) / DAY_MS)).toBe(90);
  });

  test("over HTTPS the cookie is secure, and with data-domain subdomains share it", async () => {
    site = await startSite(browser(), gateway.url);
    const script = await (await fetch(`${gateway.url}/capture.js`)).text();
    const page = `<!doctype html><link rel="icon" href="data:,"><script src="/capture.js" data-domain="shop.example"></script>${FORM}`;
    await site.context.route("https://*.shop.example/**", (route) => {
      const isScript = new URL(route.request().url()).pathname === "/capture.js";
      const contentType = isScript ? "text/javascript" : "text/html";
      return route.fulfill({ contentType, body: isScript ? script : page });
    });
    await site.page.goto(`https://www.shop.example/?yclid=${CLICK}`);
    expect(await site.context.cookies()).toMatchObject([{ domain: ".shop.example", secure: true, sameSite: "Lax" }]);
    await site.page.goto(`https://order.shop.example/?yclid=${LATER_CLICK}`);
    expect(await site.filled("yclid")).toBe(CLICK);
    expect(new Set(site.takeComplaints())).toEqual(
      new Set(["asked https://www.shop.example", "asked https://order.shop.example"]),
    );
  });

  test("where cookies are off the click is kept in the browser's storage", async () => {
    const before = () => {
      Object.defineProperty(document, "cookie", { get: () => "", set: () => {} });
    };
    const shop = await visit({ before }, `/?yclid=${CLICK}`);
    await shop.filled("yclid");
    await shop.open(`/?yclid=${LATER_CLICK}`);
    expect(await shop.filled("yclid")).toBe(CLICK);
  });

  test("before consent nothing is read, stored or filled in, and nobody who asks is kept waiting", async () => {
    const attributes = `${named} data-consent="wait"`;
    const shop = await visit({ counters, attributes }, `/?yclid=${CLICK}`);
    await shop.page.waitForFunction(() => document.cookie.includes("_ym_uid="));
    expect(await identifiers(shop)).toEqual(nobody);
    expect((await shop.context.cookies()).map(({ name }) => name)).not.toContain("metrika_gateway_yclid");
    expect(await shop.send()).toEqual(phone);
  });

  test("with consent the forms are filled; its withdrawal takes away what was stored and filled in", async () => {
    const body = `${FORM}<form id="own"><input name="ym_client_id"></form>`;
    const shop = await visit({ counters, attributes: `${named} data-consent="wait"`, body }, `/?yclid=${CLICK}`);
    await shop.page.evaluate(() => window.metrikaGateway?.consent?.(true));
    expect(await identifiers(shop)).toEqual({ client_id: CLIENT_ID, yclid: CLICK, counter: COUNTER });
    expect(await shop.page.inputValue("#own [name=ym_client_id]")).toBe(CLIENT_ID);
    await shop.page.evaluate(() => {
      document.dispatchEvent(new CustomEvent("metrika-gateway:consent", { detail: false }));
    });
    expect(await identifiers(shop)).toEqual(nobody);
    expect(await shop.page.inputValue("#own [name=ym_client_id]")).toBe("");
    expect((await shop.context.cookies()).map(({ name }) => name)).not.toContain("metrika_gateway_yclid");
    expect(await shop.send()).toEqual(phone);
  });

  test("consent that the page knew of before the script had loaded is heard", async () => {
    const before = () => {
      window.metrikaGateway = { consented: true };
    };
    const shop = await visit({ counters, attributes: `${named} data-consent="wait"`, before });
    expect(await identifiers(shop)).toMatchObject({ client_id: CLIENT_ID });
  });

  test("fields that the site has itself are filled, by their name or their mark, and not doubled", async () => {
    const body = `<form method="post" action="/lead">
      <input type="hidden" name="yclid" value=""><input name="UF_CRM_YM_UID" type="hidden" data-metrika-client-id><button>Send</button></form>`;
    const attributes = `${named} data-counter-field="counter"`;
    const shop = await visit({ counters, attributes, body }, `/?yclid=${CLICK}`);
    await identifiers(shop);
    expect(await shop.send()).toEqual({ yclid: CLICK, UF_CRM_YM_UID: CLIENT_ID, counter: COUNTER });
  });

  test("fields have the names that the site asked for, and none where the name is empty", async () => {
    const attributes = `${named} data-client-field="clientID" data-yclid-field="" data-counter-field=""`;
    const shop = await visit({ counters, attributes }, `/?yclid=${CLICK}`);
    await identifiers(shop);
    expect(await shop.send()).toEqual({ ...phone, clientID: CLIENT_ID });
  });

  test("a form that is marked so is left alone, fields of its own included", async () => {
    const body = `<div data-metrika-ignore>${FORM.replace("<button>", `<input name="ym_client_id"><button>`)}</div>`;
    const shop = await visit({ counters, attributes: named, body });
    await identifiers(shop);
    expect(await shop.send()).toEqual({ ...phone, ym_client_id: "" });
  });

  test("forms that go to sites that were not named, or into an address, get no fields", async () => {
    const body = `
      <form id="bank" method="post" action="https://bank.example/pay"></form>
      <form id="button" method="post"><button formaction="https://bank.example/pay">Pay</button></form>
      <form id="search" action="/search"><input name="q"></form>
      <form id="explicit" method="GET"></form>
      <form id="post" method="post"></form>
      <form id="script" action="javascript:void(0)"></form>
      <form id="clobbered" method="post" action="/lead"><input name="action"><input name="method"><input name="id"></form>
      <form id="named" method="post" action="https://forms.example/receive"></form>
      <form id="told" method="post" action="https://bank.example/pay"><input type="hidden" name="ym_client_id"></form>`;
    const shop = await visit({ counters, attributes: `${named} data-origins="https://forms.example"`, body });
    await identifiers(shop);
    const filled = await shop.page.$$eval("form", (forms) =>
      forms.filter((form) => form.querySelector("[name=ym_client_id]")).map((form) => form.getAttribute("id")),
    );
    expect(filled).toEqual(["post", "script", "clobbered", "named", "told"]);
    expect(await shop.page.inputValue("#told [name=ym_client_id]")).toBe(CLIENT_ID);
  });

  test("with data-origins=* forms are filled wherever they go", async () => {
    const body = `<form method="post" action="https://forms.example/receive"></form>`;
    const shop = await visit({ counters, attributes: `${named} data-origins="*"`, body });
    expect(await shop.filled("ym_client_id")).toBe(CLIENT_ID);
  });

  test("a form whose address a script changes at the last moment takes nothing along", async () => {
    const shop = await visit({ counters, attributes: named });
    await shop.filled("ym_client_id");
    await shop.page.evaluate((address) => {
      const form = document.querySelector("form");
      if (form) form.action = address;
      form?.submit();
    }, `${shop.otherOrigin}/lead`);
    expect(await shop.lead()).toEqual(phone);
  });

  test("without Metrika forms are sent as ever, and whoever asks is answered within five seconds", async () => {
    const shop = await visit({ attributes: named });
    await shop.page.clock.install();
    await shop.open();
    const asked = shop.page.evaluate(() => window.metrikaGateway?.identifiers?.());
    await shop.page.clock.runFor(5000);
    expect(await Promise.race([asked, shop.page.evaluate(() => "not yet")])).toEqual(nobody);
    expect(await shop.send()).toEqual(phone);
  });

  test("a blocker that keeps Metrika's script away holds up neither forms nor answers", async () => {
    site = await startSite(browser(), gateway.url, { counters, attributes: named });
    await site.page.clock.install();
    await site.context.route("**/metrika/tag.js", (route) => route.abort("blockedbyclient"));
    await site.open();
    const asked = site.page.evaluate(() => window.metrikaGateway?.identifiers?.());
    await site.page.clock.runFor(5000);
    expect(await Promise.race([asked, site.page.evaluate(() => "not yet")])).toEqual(nobody);
    expect(await site.send()).toEqual(phone);
    expect(site.takeComplaints()).toEqual([expect.stringContaining("ERR_BLOCKED_BY_CLIENT")]);
  });

  test("under a strict policy that names the gateway the script does all it does elsewhere", async () => {
    const policy = `default-src 'none'; script-src 'self' ${gateway.url}; form-action 'self'; img-src data:; require-trusted-types-for 'script'`;
    site = await startSite(browser(), gateway.url, { attributes: named, policy });
    await site.context.addCookies([{ name: "_ym_uid", value: CLIENT_ID, url: site.url }]);
    await site.open(`/?yclid=${CLICK}`);
    expect(await site.filled("ym_client_id")).toBe(CLIENT_ID);
    expect(await site.send()).toEqual({ ...phone, ...visitor, yclid: CLICK });
  });

  test("of a page that includes the script twice the first tag counts, and forms are filled once", async () => {
    const shop = await visit({ counters, attributes: `${named} data-consent="wait"` }, `/?yclid=${CLICK}`);
    await shop.page.addScriptTag({ url: `${gateway.url}/capture.js` });
    expect(await identifiers(shop)).toEqual(nobody);
    await shop.page.evaluate(() => window.metrikaGateway?.consent?.(true));
    await identifiers(shop);
    expect(await shop.page.locator("[name=ym_client_id]").count()).toBe(1);
    expect(await shop.send()).toEqual({ ...phone, ...visitor, yclid: CLICK });
  });
});
