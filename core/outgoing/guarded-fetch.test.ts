import { expect, test } from "bun:test";
import { AnswerRefused, createGuardedFetch, type DialledInit, ForbiddenAddress } from "./guarded-fetch.ts";

interface Dial {
  readonly url: string;
  readonly init: DialledInit;
}

function setup(
  names: Readonly<Record<string, readonly string[] | (() => readonly string[])>> = {},
  allowed: string[] = [],
) {
  const dialled: Dial[] = [];
  const guarded = createGuardedFetch({
    dial: async (url, init) => {
      dialled.push({ url, init });
      if (url.includes("203.0.112.9")) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      return new Response("x".repeat(url.endsWith("/large") ? 200 : 10), {
        status: url.endsWith("/moved") ? 302 : 200,
      });
    },
    resolve: async (host) => {
      const known = names[host] ?? ["203.0.112.1"];
      return typeof known === "function" ? known() : known;
    },
    ...{ allowed, userAgent: "test", silenceMs: 1000, mostBytes: 100 },
  });
  return { dialled, guarded };
}

/** The lists of Svix and Convoy, and what their critics added: decimal, octal and short forms, zones, dressed IPv4. */
const forbidden = [
  ...["https://127.0.0.1/", "https://localhost/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/"],
  ...["https://127.1/", "https://0/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/"],
  ...["https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://198.18.0.1/", "https://224.0.0.1/"],
  ...["https://255.255.255.255/", "https://168.63.129.16/", "https://[::1]/", "https://[::]/", "https://[fe80::1]/"],
  ...["https://[fc00::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/"],
  ...["https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::a00:1]/", "https://[2002:7f00:1::]/", "https://[2001::1]/"],
  ...["https://[2001:db8::1]/", "https://[ff02::1]/", "https://①②⑦.⓪.⓪.①/"],
];

test.each(forbidden)("%s is not asked", async (url) => {
  const { guarded, dialled } = setup({ localhost: ["127.0.0.1", "::1"] });
  await expect(guarded(url)).rejects.toBeInstanceOf(ForbiddenAddress);
  expect(dialled).toEqual([]);
});

test.each(["ftp://crm.example/", "file:///etc/passwd", "data:,x", "crm.example", "https://user:pass@crm.example/"])(
  "%s is no address to ask",
  async (url) => {
    await expect(setup().guarded(url)).rejects.toBeInstanceOf(ForbiddenAddress);
  },
);

test("the connection is made to the address that was checked, under the name that was asked", async () => {
  const { guarded, dialled } = setup();
  await guarded("https://crm.example:8443/api?q=1");
  expect(dialled.map(({ url }) => url)).toEqual(["https://203.0.112.1:8443/api?q=1"]);
  expect(dialled[0]?.init.tls).toEqual({ serverName: "crm.example" });
  expect(new Headers(dialled[0]?.init.headers).get("host")).toBe("crm.example:8443");
});

test("a name that tells another address a moment later is asked only once", async () => {
  let asked = 0;
  const { guarded, dialled } = setup({ "crm.example": () => (asked++ === 0 ? ["203.0.112.1"] : ["127.0.0.1"]) });
  await guarded("https://crm.example/");
  expect([asked, dialled.length]).toEqual([1, 1]);
});

test("a name with one inner address among public ones is not asked at all", async () => {
  const { guarded, dialled } = setup({ "crm.example": ["203.0.112.1", "10.0.0.1"] });
  await expect(guarded("https://crm.example/")).rejects.toThrow("leads to 10.0.0.1");
  expect(dialled).toEqual([]);
});

test("where nobody listens at one address the next is tried", async () => {
  const { guarded, dialled } = setup({ "crm.example": ["203.0.112.9", "203.0.112.1"] });
  expect((await guarded("https://crm.example/")).status).toBe(200);
  expect(dialled).toHaveLength(2);
});

test("a redirect is given back, not followed", async () => {
  const { guarded, dialled } = setup();
  expect((await guarded("https://crm.example/moved")).status).toBe(302);
  expect(dialled[0]?.init.redirect).toBe("manual");
});

test("http is for networks that the operator allows", async () => {
  await expect(setup().guarded("http://crm.example/")).rejects.toThrow("Give https");
  const { guarded } = setup({ "crm.example": ["10.0.0.1"] }, ["10.0.0.0/8"]);
  expect((await guarded("http://crm.example/")).status).toBe(200);
});

test("an answer that is too long is cut off as an error", async () => {
  const answer = await setup().guarded("https://crm.example/large");
  await expect(answer.text()).rejects.toBeInstanceOf(AnswerRefused);
});

test("a side that is silent is given up", async () => {
  const guarded = createGuardedFetch({
    dial: (_, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
    resolve: async () => ["203.0.112.1"],
    ...{ allowed: [], userAgent: "test", silenceMs: 20, mostBytes: 100 },
  });
  await expect(guarded("https://crm.example/")).rejects.toBeInstanceOf(AnswerRefused);
});
