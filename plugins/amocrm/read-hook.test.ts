import { expect, test } from "bun:test";
import { sample, sentForm } from "../../tests/setup/sent-form.ts";
import { readHook } from "./read-hook.ts";

const read = async (body: string) => readHook(await sentForm(body).readForm());
const readSample = async (name: string) => read(await sample(`amocrm/${name}.txt`));

/** Each change as "lead@pipeline:stage", with what is left. */
async function told(name: string) {
  const { changes, leftovers, account } = await readSample(name);
  return {
    account: account.subdomain,
    changes: changes.map((it) => `${it.leadId}@${it.pipelineId}:${it.statusId}${it.isMove ? "" : " (edit)"}`),
    leftovers: leftovers.map(({ subject, code, needs }) => `${subject}: ${code} ${needs}`),
  };
}

const samples: Readonly<Record<string, Awaited<ReturnType<typeof told>>>> = {
  "lead-add-2016": { account: "test", changes: ["40334183@53218:9931849"], leftovers: [] },
  "lead-update-2016": { account: "test", changes: ["40334183@53218:9931849 (edit)"], leftovers: [] },
  "lead-status-2016": { account: "test", changes: ["40337679@53218:9931855"], leftovers: [] },
  "lead-status-customfield-2016": { account: "example000002", changes: ["31926520@2116:10216994"], leftovers: [] },
  "lead-status-won-2018": { account: "example-fitness", changes: ["10701093@9217056:142"], leftovers: [] },
  "lead-update-2021": { account: "example-salon", changes: ["5685933@4740529:43315792"], leftovers: [] },
  "lead-update-2024": { account: "example-service", changes: ["1761579@8548254:69420482 (edit)"], leftovers: [] },
  "digital-pipeline-status": { account: "example-clinic", changes: ["23802129@5389528:47873533"], leftovers: [] },
  "lead-delete-2016": { account: "test", changes: [], leftovers: ["lead 52379505 delete: not_a_stage nothing"] },
  "lead-restore-2016": { account: "test", changes: [], leftovers: ["lead 40334183 restore: not_a_stage nothing"] },
  "lead-responsible-2016": {
    account: "test",
    changes: [],
    leftovers: ["lead 40337679 responsible: not_a_stage nothing"],
  },
  "contact-note-conflicting-keys": {
    account: "example-hosting",
    changes: [],
    leftovers: ["contacts note: not_a_stage nothing"],
  },
  "contact-update-sparse-index-abridged": {
    account: "example-fitness",
    changes: [],
    leftovers: ["contacts update: not_a_stage nothing"],
  },
};

for (const [name, expected] of Object.entries(samples)) {
  test(`the captured hook ${name} tells what it tells`, async () => {
    expect(await told(name)).toEqual(expected);
  });
}

test("a change told by update and by status is one, and the later word is that of status", async () => {
  const lead = (action: string, price: string) =>
    `leads[${action}][0][id]=7&leads[${action}][0][status_id]=142&leads[${action}][0][pipeline_id]=5&leads[${action}][0][price]=${price}`;
  const { changes } = await read(`${lead("status", "2")}&${lead("update", "1")}&account[subdomain]=acme`);
  expect(changes).toHaveLength(1);
  expect(changes[0]).toMatchObject({ leadId: "7", isMove: true, entry: { price: "2" } });
});

test("several events of one body are several changes", async () => {
  const { changes } = await read(
    "leads[status][0][id]=7&leads[status][0][status_id]=1&leads[status][1][id]=7&leads[status][1][status_id]=142&leads[status][2][id]=8&leads[status][2][status_id]=142",
  );
  expect(changes.map(({ leadId, statusId }) => [leadId, statusId])).toEqual([
    ["7", "1"],
    ["7", "142"],
    ["8", "142"],
  ]);
});

test("lists that are keyed by id, and values that come twice, are read", async () => {
  const { changes } = await read(
    "leads[status][9982719][id]=9982719&leads[status][9982719][status_id]=142&leads[status][9982719][status_id][uuid]=x&leads[status][9982719][pipeline_id]=5",
  );
  expect(changes).toMatchObject([{ leadId: "9982719", statusId: "142", pipelineId: "5" }]);
});

test("an event without a lead or a stage waits for a person", async () => {
  const { changes, leftovers } = await read(
    "leads[status][0][id]=../account&leads[status][0][status_id]=142&leads[add][0][id]=7",
  );
  expect(changes).toEqual([]);
  expect(leftovers.map(({ code, needs }) => [code, needs])).toEqual([
    ["lead_unreadable", "person"],
    ["lead_unreadable", "person"],
  ]);
});

test("unsorted leads have no stage yet, and a body without an event tells nothing", async () => {
  expect((await read("unsorted[add][0][uid]=5&account[subdomain]=acme")).leftovers[0]?.code).toBe("not_a_stage");
  expect((await read("account[subdomain]=acme")).leftovers[0]?.code).toBe("nothing_told");
  expect((await read("[1,2]")).leftovers[0]?.code).toBe("nothing_told");
});
