import { expect, test } from "bun:test";
import { defineSource, pathSecret, RetryLater, type SourceContext, Unusable } from "metrika-gateway/plugin";
import * as v from "valibot";
import { demo, demoVisitors } from "../../core/metrika/simulator/demo-data.ts";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import { HOUR, MINUTE, SECOND, sale, startTestGateway, type TestGatewayOptions } from "../setup/gateway.ts";

type Handle = NonNullable<SourcePlugin["handle"]>;

/** A plugin of which a test says what it does with a request. */
const misbehaving = (handle: Handle): SourcePlugin =>
  defineSource({
    ...{ apiVersion: 1, name: "misbehaving", version: "1.0.0", config: v.object({}), verify: pathSecret() },
    title: { ru: "Плохой", en: "Misbehaving" },
    summary: { ru: "Делает что хочет.", en: "Does as it likes." },
    routes(router) {
      router.rawIntake({
        ...{ path: "/{source_id}/{secret}", methods: ["post"], operationId: "receiveAnything" },
        summary: "Receive anything",
        examples: { "application/json": {} },
      });
    },
    handle,
  });

const told = (facts: readonly unknown[]) => (source: SourceContext<unknown>) => source.emit(facts).then(() => []);

/** A gateway with a source whose plugin does what the test says, and a neighbour that goes on. */
async function start(handle: Handle, options: TestGatewayOptions = {}) {
  let now = handle;
  const plugin = misbehaving((source, intake) => now(source, intake));
  const neighbour = { ...misbehaving(told([sale(9)])), name: "neighbour" };
  const gateway = await startTestGateway({ plugins: [plugin, neighbour], ...options });
  const make = async (name: string) => {
    const body = { plugin: name, name, counter_id: demo.counterId, token: demo.token, config: {} };
    const made = (await gateway.manage("POST", "/v1/sources", body)).body;
    const path = `/sources/${name}/${made.source_id}/${made.secret}`;
    const about = `/v1/sources/${made.source_id}`;
    return {
      send: (content: unknown = {}) => gateway.request("POST", path, { body: content }),
      intakes: async () => (await gateway.manage("GET", `${about}/raw-intakes`, undefined, english)).body.data,
      health: async () => (await gateway.manage("GET", about, undefined, english)).body.health as Health,
      replay: () => gateway.manage("POST", `${about}/raw-intakes/replay`, {}),
    };
  };
  const [bad, good] = [await make("misbehaving"), await make("neighbour")];
  return {
    ...{ ...gateway, bad, good },
    does(another: Handle) {
      now = another;
    },
  };
}

interface Health {
  readonly failures: number;
  readonly resting_until: string | null;
}

const english = { "accept-language": "en" };
const first = <T>(list: readonly T[]) => list[0];

test("a plugin that throws is tried again later, told without a word of the body, and harms no neighbour", async () => {
  const { bad, good, work, advance, does } = await start(async () => {
    throw new Error("a buyer's phone: +79000000000");
  });
  expect((await bad.send({ secret: "x" })).status).toBe(200);
  await good.send();
  await work();
  const waiting = first(await bad.intakes());
  expect(waiting).toMatchObject({ state: "waiting", attempts: 1, error: { code: "plugin_error" } });
  expect(JSON.stringify(waiting)).not.toContain("+7900");
  expect(await good.intakes()).toMatchObject([{ state: "taken" }]);
  does(told([sale(0)]));
  advance(MINUTE);
  await work();
  expect(await bad.intakes()).toMatchObject([{ state: "taken", attempts: 2, accepted: 1 }]);
});

test("a plugin that never ends is given up after its time, and what it still does is not taken", async () => {
  const late = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const { bad, good, gateway, advance, work, sql } = await start(async (source) => {
    await late.promise;
    await source.emit([sale(1)]).then(ended.resolve, ended.resolve);
    return [];
  });
  await bad.send();
  await good.send();
  const round = gateway.rawIntakes.runOnce();
  while (first(await good.intakes())?.state !== "taken") await Bun.sleep(1);
  advance(30 * SECOND);
  await round;
  expect(await bad.intakes()).toMatchObject([{ state: "waiting", error: { code: "plugin_timeout" } }]);
  late.resolve();
  expect(await ended.promise).toBeInstanceOf(Error);
  await work();
  const rows = await sql<{ client_id: string }>("select client_id from conversions");
  expect(rows.map(({ client_id }) => client_id)).not.toContain(String(demoVisitors[1]?.clientId));
});

test.each([
  ["nothing", undefined],
  ["a text", "done"],
  ["leftovers without a reason", [{ subject: "deal 1" }]],
  ["a code that is no code", [{ subject: "x", code: "A B", message: { ru: "x", en: "x" }, needs: "person" }]],
])("a plugin that returns %s is told as what it is", async (_, rubbish) => {
  const { bad, work } = await start((async () => rubbish) as unknown as Handle);
  await bad.send();
  await work();
  expect(await bad.intakes()).toMatchObject([{ state: "waiting", error: { code: "plugin_answer" } }]);
});

test("a plugin that emits rubbish has each row refused with its reason, and the good one taken", async () => {
  const { bad, work } = await start(told([sale(0), null, "text", { target: 7 }, { ...sale(1), price: "-1" }]));
  await bad.send();
  await work();
  const [intake] = await bad.intakes();
  expect(intake).toMatchObject({ state: "set_aside", accepted: 1, rejected: 4 });
});

test("a plugin that floods is stopped at ten thousand facts, and its source is marked", async () => {
  const million = Array.from({ length: 1_000_000 }, () => sale(2));
  const { bad, good, work, sql } = await start(told(million));
  await bad.send();
  await good.send();
  await work();
  expect(await bad.intakes()).toMatchObject([{ state: "failed", error: { code: "too_many_conversions" } }]);
  expect(await good.intakes()).toMatchObject([{ state: "taken" }]);
  expect(await sql("select id from conversions")).toHaveLength(1);
});

test("after five failures in a row a source rests, which people see; then one request tries whether it works again", async () => {
  let calls = 0;
  const { bad, good, work, advance, does } = await start(async () => {
    calls++;
    throw new RetryLater({ ru: "CRM не отвечает", en: "The CRM does not answer" });
  });
  for (let i = 0; i < 10; i++) await bad.send({ i });
  await good.send();
  for (let i = 0; i < 5; i++) {
    await work();
    advance(SECOND);
  }
  const rested = calls;
  expect(await bad.health()).toMatchObject({ failures: 5, resting_until: expect.any(String) });
  await work();
  expect(calls).toBe(rested);
  expect(await good.intakes()).toMatchObject([{ state: "taken" }]);
  does(told([sale(3)]));
  advance(HOUR);
  await work();
  expect(new Set((await bad.intakes()).map(({ state }) => state))).toEqual(new Set(["taken"]));
  expect(await bad.health()).toMatchObject({ failures: 0, resting_until: null });
});

test("a CRM that is silent for a day makes a dead letter, which a replay takes", async () => {
  const { bad, work, advance, does } = await start(async () => {
    throw new RetryLater({ ru: "CRM не отвечает", en: "The CRM does not answer" });
  });
  await bad.send();
  for (let hour = 0; hour < 26; hour++) {
    await work();
    advance(HOUR);
  }
  expect(await bad.intakes()).toMatchObject([{ state: "failed", error: { code: "retry_later" } }]);
  does(told([sale(4)]));
  await bad.replay();
  await work();
  expect(await bad.intakes()).toMatchObject([{ state: "taken", replays: 1 }]);
});

test("a refused token is a dead letter at once, with the plugin's own words", async () => {
  const { bad, work } = await start(async () => {
    throw new Unusable("token_refused", { ru: "Токен отозван", en: "The token was revoked" });
  });
  await bad.send();
  await work();
  expect(await bad.intakes()).toMatchObject([
    { state: "failed", error: { code: "token_refused", message: "The token was revoked" } },
  ]);
});
