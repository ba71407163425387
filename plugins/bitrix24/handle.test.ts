import { describe, expect, test } from "bun:test";
import { ForbiddenAddress, RetryLater, Unusable } from "metrika-gateway/plugin";
import { sentRequest } from "metrika-gateway/plugin/testing";
import { sample } from "../../tests/setup/sent-form.ts";
import { portalError } from "./bitrix24-double.ts";
import { changedDeal } from "./examples.ts";
import { handleHook } from "./handle.ts";
import { createTestSource, MOVED_TIME, NOW, portal, wonDeal } from "./test-portal.ts";

type Test = ReturnType<typeof createTestSource>;

/** Hands a hook to a source's plugin, from its own portal unless it says otherwise. */
function handle({ source }: Test, body: string = changedDeal, receivedAt = NOW) {
  const own = body.replace(/auth(\[|%5B)domain(\]|%5D)=[\w.-]+/, `auth[domain]=${source.config.domain}`);
  return handleHook(source, sentRequest({ body: own, type: "application/x-www-form-urlencoded", receivedAt }));
}

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error) => error,
  );

/** Another deal than the won one, in a portal of its own. */
const withDeal = (change: Readonly<Record<string, unknown>>, config: Parameters<typeof createTestSource>[0] = {}) =>
  createTestSource(config, { deals: [{ ...wonDeal, ...change }] });

test("a won deal is one conversion with what the portal knows of it, at the time of its last move", async () => {
  const set = createTestSource();
  expect(await handle(set)).toEqual([]);
  expect(set.source.emitted).toEqual([
    {
      facts: [
        {
          ...{ client_id: "1770146617335078468", target: "deal_won" },
          ...{ date_time: MOVED_TIME, price: "22500.50", currency: "RUB" },
        },
      ],
      options: { keys: [`${set.source.config.domain}\ndeal\n759`], contacts: [null] },
    },
  ]);
  expect(set.bitrix.requests[0]).toBe('crm.deal.get {"id":"759"}');
});

test("stages may be named by id, by what they mean, or as a person named them, in a pipeline or in any", async () => {
  const change = { STAGE_ID: "C3:WON", CATEGORY_ID: "3" };
  for (const [pipeline, stage, fits] of [
    [undefined, "S", true],
    ["3", "C3:WON", true],
    ["сервис", "выполнено", true],
    ["0", "S", false],
    ["Продажи", "S", false],
  ] as const) {
    const set = withDeal(change, { targets: [{ pipeline, stages: [stage], target: "done" }] });
    const leftovers = await handle(set);
    expect([set.source.emitted[0]?.facts.length ?? 0, leftovers.map(({ code }) => code)]).toEqual(
      fits ? [1, []] : [0, ["pipeline_not_mapped"]],
    );
  }
});

test("a deal without an identifier is looked up in its lead, then in its contact, who can be reached", async () => {
  const set = withDeal({ UF_CRM_YM_UID: "" });
  expect(await handle(set)).toEqual([]);
  expect(set.source.emitted[0]?.facts).toMatchObject([{ yclid: "17465234987234598721", price: "22500.50" }]);
  expect(set.source.emitted[0]?.options.contacts).toEqual([
    { phones: ["+79990000000"], emails: ["buyer@shop.example"] },
  ]);
});

test("a deal that names its visitor costs one request", async () => {
  const set = createTestSource();
  await handle(set);
  const first = set.bitrix.requests.length;
  await handle(set);
  expect(set.bitrix.requests.slice(first)).toEqual(['crm.deal.get {"id":"759"}']);
});

test("what looks like Google's id is not enough to look no further", async () => {
  const set = withDeal({ UF_CRM_YM_UID: "1234567890.1612345678" });
  await handle(set);
  expect(set.source.emitted[0]?.facts).toMatchObject([{ yclid: "17465234987234598721" }]);
});

test("the amount of a lead never stands in for the deal's", async () => {
  const set = withDeal(
    { UF_CRM_YM_UID: null, UF_CRM_MARGIN: "" },
    { price: { from: "field", field: "OPPORTUNITY_X" } },
  );
  set.bitrix.portal = { ...set.bitrix.portal, leads: [{ ID: "123", OPPORTUNITY_X: "1", STATUS_ID: "CONVERTED" }] };
  await handle(set);
  expect(set.source.emitted[0]?.facts[0]).not.toHaveProperty("price");
});

test("fields of several values, of money and with very many neighbours are read", async () => {
  const crowd = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`UF_CRM_${at}`, "ё".repeat(100)]));
  const change = { ...crowd, UF_CRM_YM_UID: ["", "1664435673909428135", "1"], UF_CRM_MARGIN: "7200.25|RUB" };
  const set = withDeal(change, { price: { from: "field", field: "uf_crm_margin" } });
  await handle(set);
  expect(set.source.emitted[0]?.facts).toMatchObject([{ client_id: "1664435673909428135", price: "7200.25" }]);
});

test("identifiers in a comment are read only behind the labels that are configured", async () => {
  const change = { UF_CRM_YM_UID: null, LEAD_ID: null, COMMENTS: "Заявка, _ym_uid: 1664435673909428135; x_ym_uid=1" };
  const silent = withDeal(change);
  await handle(silent);
  expect(silent.source.emitted[0]?.facts[0]).not.toHaveProperty("client_id");
  const asked = withDeal(change, { text_labels: ["_ym_uid"] });
  await handle(asked);
  expect(asked.source.emitted[0]?.facts).toMatchObject([{ client_id: "1664435673909428135" }]);
});

test("leads are read where the config says so, in a pipeline of their own", async () => {
  const hook = await sample("bitrix24/app-oncrmleadadd.txt");
  expect(await handle(createTestSource(), hook)).toMatchObject([{ code: "entity_not_read", needs: "nothing" }]);
  const leads = portal.leads.map((lead) => ({ ...lead, ID: "1000983" }));
  const targets = [{ pipeline: "leads", stages: ["CONVERTED"], target: "qualified" }];
  const set = createTestSource({ entities: ["lead"], targets }, { leads });
  expect(await handle(set, hook)).toEqual([]);
  expect(set.source.emitted[0]?.facts).toMatchObject([{ target: "qualified", yclid: "17465234987234598721" }]);
  expect(set.source.emitted[0]?.options.keys).toEqual([`${set.source.config.domain}\nlead\n1000983`]);
});

describe("the captured hook", () => {
  for (const [name, id] of [
    ["app-oncrmdealupdate", "759"],
    ["webhook-oncrmdealadd", "7405"],
    ["webhook-oncrmdealupdate-short", "662"],
  ] as const) {
    test(`${name} is a conversion of its deal, in whatever order its fields come`, async () => {
      const body = await sample(`bitrix24/${name}.txt`);
      for (const told of [body, body.split("&").toReversed().join("&")]) {
        const set = withDeal({ ID: id });
        expect(await handle(set, told)).toEqual([]);
        expect(set.source.emitted[0]?.options.keys).toEqual([`${set.source.config.domain}\ndeal\n${id}`]);
      }
    });
  }
});

describe("what becomes no conversion", () => {
  test("a deal that comes to an unknown stage waits for a person; one that rests there needs nobody", async () => {
    const change = { STAGE_ID: "NEW", STAGE_SEMANTIC_ID: "P" };
    const [leftover] = await handle(withDeal(change));
    expect(leftover).toMatchObject({ subject: "deal 759", code: "stage_not_mapped", needs: "person" });
    expect(leftover?.message.en).toContain('Stage "Новая (NEW)" of pipeline "Продажи (0)"');
    const later = new Date(NOW.getTime() + 3_600_000);
    expect(await handle(withDeal(change), changedDeal, later)).toMatchObject([{ needs: "nothing" }]);
    expect(await handle(withDeal(change, { ignore_stages: ["P"] }))).toMatchObject([{ code: "stage_ignored" }]);
  });

  test("a deal that the portal does not find waits for a person", async () => {
    expect(await handle(createTestSource({}, { deals: [] }))).toMatchObject([
      { subject: "deal 759", code: "deal_not_found", needs: "person" },
    ]);
  });

  test("other events, and bodies that are none", async () => {
    const set = createTestSource();
    const told = async (body: string) => (await handle(set, `${body}&auth[domain]=x`)).map(({ code }) => code);
    expect(await told("event=ONCRMDEALDELETE&data[FIELDS][ID]=759")).toEqual(["not_a_change"]);
    expect(await told("event=ONCRMDEALADD&data[FIELDS][ID]=../7")).toEqual(["entity_unreadable"]);
    expect(await told("event=ONCRMDEALADD&data=")).toEqual(["entity_unreadable"]);
    expect(await told("ts=1")).toEqual(["nothing_told"]);
    expect(set.bitrix.requests).toEqual([]);
  });

  test("a hook of another portal is set aside, and nothing in it is followed", async () => {
    const { source, bitrix } = createTestSource();
    const form = (body: string) => handleHook(source, sentRequest({ body, type: "application/x-www-form-urlencoded" }));
    expect(await form(changedDeal)).toMatchObject([{ code: "other_portal", needs: "person" }]);
    expect(await form("event=ONCRMDEALADD&data[FIELDS][ID]=1")).toMatchObject([{ code: "other_portal" }]);
    expect(bitrix.requests).toEqual([]);
  });

  test("where member_id is configured it decides, whatever the portal is called", async () => {
    const right = createTestSource({ member_id: "a223c6b3710f85df22e9377d6c4f7553" });
    const request = sentRequest({ body: changedDeal, type: "application/x-www-form-urlencoded", receivedAt: NOW });
    expect(await handleHook(right.source, request)).toEqual([]);
    const wrong = createTestSource({ member_id: "d897063e1ce7c5eb9f04b9751eef5915" });
    expect(await handle(wrong)).toMatchObject([{ code: "other_portal" }]);
  });
});

describe("a portal in trouble", () => {
  const failing = (answer: () => Response) => {
    const set = createTestSource();
    set.bitrix.faults.push(answer);
    return thrownBy(handle(set));
  };

  test("that fails or asks for patience is asked again later", async () => {
    const limited = await failing(() => portalError(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"));
    expect(limited).toBeInstanceOf(RetryLater);
    const tired = await failing(() => portalError(429, "OPERATION_TIME_LIMIT", "Method is blocked"));
    expect(tired).toMatchObject({ name: "RetryLater", afterSeconds: 60 });
    for (const answer of [
      () => portalError(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
      () => new Response("<html>", { status: 200 }),
      () => new Response("<html>", { status: 502 }),
      () => {
        throw new TypeError("unreachable");
      },
    ]) {
      expect(await failing(answer)).toBeInstanceOf(RetryLater);
    }
  });

  test("that refuses needs a person", async () => {
    for (const [answer, code] of [
      [() => portalError(401, "NO_AUTH_FOUND", "Wrong authorization data"), "token_refused"],
      [() => portalError(200, "INVALID_CREDENTIALS", "Invalid request credentials"), "token_refused"],
      [() => portalError(403, "insufficient_scope", "The request requires higher privileges"), "scope_missing"],
      [() => portalError(403, "ACCESS_DENIED", "REST API is available only on commercial plans"), "account_unpaid"],
      [() => portalError(500, "PORTAL_DELETED", "Portal was deleted"), "account_moved"],
      [() => new Response("", { status: 302 }), "account_moved"],
      [() => portalError(400, "", "Access denied."), "crm_refused"],
    ] as const) {
      const error = await failing(answer);
      expect(error).toBeInstanceOf(Unusable);
      expect(error).toMatchObject({ code });
    }
  });

  test("that stands where nobody may be asked needs a person, who is told why", async () => {
    const reason = { ru: "Адрес внутренний.", en: "The address is internal." };
    const forbidden = () => {
      throw new ForbiddenAddress(reason);
    };
    expect(await failing(forbidden)).toMatchObject({ name: "Unusable", code: "address_forbidden", reason });
  });

  test("never has its code told in an error", async () => {
    const set = createTestSource();
    set.bitrix.codes.clear();
    const refused = await thrownBy(handle(set));
    const silent = await failing(() => {
      throw Object.assign(new TypeError("unreachable"), { path: set.source.config.webhook_address });
    });
    const secret = set.source.config.webhook_address.split("/").at(-2) ?? "none";
    expect(Bun.inspect([refused, silent], { depth: 10 })).not.toContain(secret);
  });
});
