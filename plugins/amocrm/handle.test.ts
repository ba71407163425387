import { describe, expect, test } from "bun:test";
import { asRecord, RetryLater, Unusable } from "metrika-gateway/plugin";
import { sample, sentForm } from "../../tests/setup/sent-form.ts";
import { digitalPipelineHook, wonHook } from "./examples.ts";
import { handleHook } from "./handle.ts";
import { account, CLOSED_AT, createTestSource, NOW } from "./test-account.ts";

type Test = ReturnType<typeof createTestSource>;

/** Hands a hook to a source's plugin, from its own account unless it says otherwise. */
function handle({ source, subdomain }: Test, body: string) {
  const own = body.replace(/account(\[|%5B)subdomain(\]|%5D)=[\w-]+/, `account[subdomain]=${subdomain}`);
  return handleHook(source, sentForm(own, { receivedAt: NOW }));
}

const move = (status: number, more = "") =>
  `leads[status][0][id]=10701093&leads[status][0][status_id]=${status}&leads[status][0][pipeline_id]=9217056&leads[status][0][updated_at]=${CLOSED_AT - 86_400}${more}&account[subdomain]=acme`;

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error) => error,
  );

test("a won lead is one conversion with what amoCRM knows of it", async () => {
  const set = createTestSource();
  expect(await handle(set, wonHook)).toEqual([]);
  expect(set.source.emitted).toEqual([
    {
      facts: [
        {
          ...{ client_id: "1770146617335078468", yclid: "17465234987234598721", target: "deal_won" },
          ...{ date_time: CLOSED_AT, price: "22500", currency: "RUB" },
        },
      ],
      options: {
        keys: [`${set.subdomain}.amocrm.ru\nlead\n10701093`],
        contacts: [{ phones: ["+79990000000"], emails: [] }],
      },
    },
  ]);
});

test("the hook of a Digital Pipeline, which tells ids alone, becomes the same conversion", async () => {
  const [general, pipeline] = [createTestSource(), createTestSource()];
  await handle(general, wonHook);
  await handle(pipeline, digitalPipelineHook);
  expect(pipeline.source.emitted[0]?.facts).toEqual(general.source.emitted[0]?.facts);
});

test("the stage is the one that was told, even when the lead has moved on since", async () => {
  const set = createTestSource({ targets: [{ stages: ["Переговоры"], target: "talks" }] });
  expect(await handle(set, move(20067736))).toEqual([]);
  expect(set.source.emitted[0]?.facts).toMatchObject([
    { target: "talks", date_time: CLOSED_AT - 86_400, price: "22500" },
  ]);
});

test("several leads of one body are asked for at once", async () => {
  const leads = account.leads.flatMap((lead) => [10701093, 2, 3].map((id) => ({ ...lead, id })));
  const set = createTestSource({}, { leads });
  const told = [10701093, 2, 3].map(
    (id, at) =>
      `leads[status][${at}][id]=${id}&leads[status][${at}][status_id]=142&leads[status][${at}][pipeline_id]=9217056`,
  );
  await handle(set, `${told.join("&")}&account[subdomain]=acme`);
  expect(set.source.emitted[0]?.facts).toHaveLength(3);
  expect(set.amocrm.requests.filter((it) => it.includes("/leads?"))).toEqual([
    "GET /api/v4/leads?with=contacts&limit=250&filter[id][]=10701093&filter[id][]=2&filter[id][]=3",
  ]);
});

test("the account and its stages are asked for once a day", async () => {
  const set = createTestSource();
  await handle(set, wonHook);
  await handle(set, wonHook);
  const asked = (path: string) => set.amocrm.requests.filter((it) => it === `GET /api/v4${path}`).length;
  expect([asked("/account"), asked("/leads/pipelines"), asked("/leads/10701093?with=contacts")]).toEqual([1, 1, 2]);
});

describe("what becomes no conversion", () => {
  test("an unknown stage waits for a person, by its name, and amoCRM is not asked for the lead", async () => {
    const set = createTestSource();
    const [leftover] = await handle(set, move(20067736));
    expect(leftover).toMatchObject({ subject: "lead 10701093", code: "stage_not_mapped", needs: "person" });
    expect(leftover?.message.en).toContain('Stage "Переговоры (20067736)" of pipeline "Продажи (9217056)"');
    expect(set.amocrm.requests).toEqual(["GET /api/v4/leads/pipelines"]);
  });

  test("an edit of a lead that stays at an unknown stage needs nobody", async () => {
    const set = createTestSource();
    const edit = move(20067736).replaceAll("[status]", "[update]");
    expect(await handle(set, edit)).toMatchObject([{ code: "stage_not_mapped", needs: "nothing" }]);
  });

  test("a lead that amoCRM does not find waits for a person, a deleted one needs nobody", async () => {
    expect(await handle(createTestSource({}, { leads: [] }), wonHook)).toMatchObject([
      { subject: "lead 10701093", code: "lead_not_found", needs: "person" },
    ]);
    const leads = account.leads.map((it) => ({ ...it, is_deleted: true }));
    expect(await handle(createTestSource({}, { leads }), wonHook)).toMatchObject([
      { code: "lead_deleted", needs: "nothing" },
    ]);
  });

  test("a hook of another account is set aside, and nothing in it is followed", async () => {
    const { source, amocrm } = createTestSource();
    const body = `${wonHook}&account[_links][self]=https://evil.example`;
    expect(await handleHook(source, sentForm(body))).toMatchObject([{ code: "other_account", needs: "person" }]);
    const withoutAccount = wonHook.replace("&account[subdomain]=acme", "");
    expect(await handleHook(source, sentForm(withoutAccount))).toMatchObject([{ code: "other_account" }]);
    expect(amocrm.requests).toEqual([]);
  });

  test("where the account's number is configured, it must be the hook's", async () => {
    const set = createTestSource({ account_id: "28805383" });
    expect(await handle(set, `${wonHook}&account[id]=1`)).toMatchObject([{ code: "other_account" }]);
    expect(await handle(set, `${wonHook}&account[id]=28805383`)).toEqual([]);
  });
});

describe("without enrichment", () => {
  const offline = { enrich: false, identifiers: { client_id: ["_ym_uid"] } };

  test("a hook alone is read, and amoCRM is asked for nothing", async () => {
    const set = createTestSource(offline);
    expect(await handle(set, wonHook)).toEqual([]);
    expect(set.source.emitted[0]?.facts).toEqual([
      { client_id: "1770146617335078468", target: "deal_won", date_time: 1795172664, price: "22500" },
    ]);
    expect(set.amocrm.requests).toEqual([]);
  });

  test("a hook that tells no time happened when it came", async () => {
    const set = createTestSource(offline);
    await handle(set, digitalPipelineHook);
    expect(set.source.emitted[0]?.facts).toEqual([{ target: "deal_won", date_time: NOW.getTime() / 1000 }]);
  });

  for (const [name, stage, price] of [
    ["lead-status-won-2018", "142", "22500"],
    ["lead-status-customfield-2016", "10216994", "1000"],
    ["lead-update-2021", "43315792", "450"],
    ["lead-update-2024", "69420482", undefined],
    ["lead-add-2016", "9931849", undefined],
    ["lead-status-2016", "9931855", undefined],
    ["digital-pipeline-status", "47873533", undefined],
  ] as const) {
    test(`the captured hook ${name} is a conversion of its stage`, async () => {
      const set = createTestSource({ enrich: false, targets: [{ stages: [stage], target: "reached" }] });
      await handle(set, await sample(`amocrm/${name}.txt`));
      expect(set.source.emitted).toHaveLength(1);
      const [fact] = set.source.emitted[0]?.facts ?? [];
      expect(asRecord(fact).target).toBe("reached");
      expect(asRecord(fact).price).toBe(price);
    });
  }
});

describe("an amoCRM in trouble", () => {
  const failing = (...answers: readonly (() => Response)[]) => {
    const set = createTestSource();
    set.amocrm.faults.push(...answers);
    return thrownBy(handle(set, wonHook));
  };

  test("that fails or asks for patience is asked again later", async () => {
    expect(await failing(() => new Response("", { status: 502 }))).toBeInstanceOf(RetryLater);
    const patient = await failing(() => new Response("", { status: 429, headers: { "retry-after": "17" } }));
    expect(patient).toMatchObject({ name: "RetryLater", afterSeconds: 17 });
    expect(await failing(() => new Response("<html>", { status: 200 }))).toBeInstanceOf(RetryLater);
    const unreachable = () => {
      throw new TypeError("unreachable");
    };
    expect(await failing(unreachable)).toBeInstanceOf(RetryLater);
  });

  test("that refuses needs a person", async () => {
    for (const [status, code] of [
      [401, "token_refused"],
      [403, "token_refused"],
      [402, "account_unpaid"],
      [302, "account_moved"],
      [400, "crm_refused"],
    ] as const) {
      const error = await failing(() => new Response("", { status }));
      expect(error).toBeInstanceOf(Unusable);
      expect(error).toMatchObject({ code });
    }
  });

  test("nothing is emitted of a hook whose lead could not be asked for", async () => {
    const set = createTestSource();
    await handle(set, move(20067736));
    set.amocrm.faults.push(() => new Response("", { status: 500 }));
    await thrownBy(handle(set, wonHook));
    expect(set.source.emitted).toEqual([]);
    expect(await handle(set, wonHook)).toEqual([]);
    expect(set.source.emitted).toHaveLength(1);
  });

  test("a source without any token says so", async () => {
    const set = createTestSource({ access_token: undefined });
    expect(await thrownBy(handle(set, wonHook))).toMatchObject({ name: "Unusable", code: "token_missing" });
  });
});
