import { expect, test } from "bun:test";
import { problemCatalogue } from "../../core/plugin/problem-catalogue.ts";
import { accessProblems, sessionProblems } from "../../gateway/auth/guarded.ts";
import type { Answer } from "../setup/gateway.ts";
import { type Given, type GuardedOperation, guardedOperations, requestOf } from "../setup/operations.ts";
import { type GatewayWithPeople, startWithPeople } from "../setup/people.ts";
import {
  type Caller,
  examples,
  membersAndKeys,
  type Place,
  placeOf,
  shared,
  strangers,
  unknownOf,
} from "../setup/places.ts";

/** Refusals of a caller, whatever the request is about. */
const ofAccess: ReadonlySet<string> = new Set([
  ...[...accessProblems, ...sessionProblems],
  ...["forbidden_installation", "operator_only"],
]);

const operations = await guardedOperations();

/** The names by which a request of this operation can name something of a workspace: in its path, its query and its body. */
const slotsOf = ({ pathNames, queryNames, bodyNames }: GuardedOperation) => [
  ...pathNames.filter((name) => !shared.has(name)).map((name) => ({ place: "path", name }) as const),
  ...queryNames.filter((name) => name in examples).map((name) => ({ place: "query", name }) as const),
  ...bodyNames.filter((name) => name in examples).map((name) => ({ place: "body", name }) as const),
];

/** What the path needs, made in a workspace. */
async function pathIn(place: Place, { pathNames, method, path }: GuardedOperation): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const name of pathNames) {
    const example = examples[name];
    if (!example) throw new Error(`${method} ${path}: tests/setup/places.ts has no example of {${name}}.`);
    ids[name] = await example(place);
  }
  return ids;
}

async function start() {
  const gateway = await startWithPeople({ env: { SIGN_UP: "open" } });
  const here = await placeOf(gateway, null);
  const there = await placeOf(gateway, (await gateway.otherWorkspace()).workspaceId);
  return { gateway, here, there };
}

const callersOf = async (here: Place, there: Place): Promise<readonly Caller[]> => [
  ...(await strangers(here, there)),
  ...(await membersAndKeys(here)),
  ...(await membersAndKeys(there)),
];

/** One request id for all, so that answers can be compared. */
const ask = ({ request }: GatewayWithPeople, caller: Caller, operation: GuardedOperation, given: Given) => {
  const { path, ...rest } = requestOf(operation, given);
  return request(operation.method, path, { headers: { ...caller.headers, "x-request-id": "matrix" }, ...rest });
};

/** Everything that an answer shows, without the id that was asked for. */
const visible = ({ status, headers, text }: Answer, id: string) => [
  status,
  [...headers].map(([name, value]) => `${name}: ${value}`),
  text.replaceAll(id, "ID"),
];

for (const operation of operations) {
  const { method, path, permission } = operation;
  const called = `${method} ${path}`;

  test(`${called} lets in whom "${permission}" lets in, and nobody else`, async () => {
    const { gateway, here, there } = await start();
    await pathIn(here, operation);
    await pathIn(there, operation);
    for (const caller of await callersOf(here, there)) {
      const answer = await ask(gateway, caller, operation, { path: await pathIn(caller.place ?? here, operation) });
      const told = { caller: caller.name, status: answer.status, code: answer.body.code };
      const code = caller.refusal(permission);
      if (code !== null) expect(told).toEqual({ ...told, status: problemCatalogue[code].status, code });
      else {
        expect({ ...told, refused: ofAccess.has(told.code) }).toEqual({ ...told, refused: false });
        expect(answer.status).toBeLessThan(500);
        // What is his own must be found: else a refusal might only look like one.
        if (caller.place !== null) expect(told).not.toMatchObject({ status: 404 });
      }
    }
  });

  if (slotsOf(operation).length > 0)
    test(`${called} answers of what is another workspace's as of what does not exist`, async () => {
      const { gateway, here, there } = await start();
      const [own, foreign] = [await pathIn(there, operation), await pathIn(here, operation)];
      for (const { place, name } of slotsOf(operation)) {
        const id = place === "path" ? String(foreign[name]) : String(await examples[name]?.(here));
        const naming = (value: string): Given =>
          place === "path" ? { path: { ...own, [name]: value } } : { path: own, [place]: { [name]: value } };
        for (const caller of await membersAndKeys({ ...there, name: `${name}-in-${place}` })) {
          const answer = await ask(gateway, caller, operation, naming(id));
          const unknown = await ask(gateway, caller, operation, naming(unknownOf(name)));
          expect([caller.name, ...visible(answer, id)]).toEqual([caller.name, ...visible(unknown, unknownOf(name))]);
          if (place === "path" && caller.refusal(permission) === null) expect(answer.status).toBe(404);
        }
      }
    });
  else if (method === "GET")
    test(`${called} shows nothing of another workspace`, async () => {
      const { gateway, here, there } = await start();
      const theirs: string[] = [];
      for (const [name, example] of Object.entries(examples)) if (!shared.has(name)) theirs.push(await example(here));
      for (const caller of await membersAndKeys(there)) {
        const { text } = await ask(gateway, caller, operation, { path: {} });
        expect(theirs.filter((id) => text.includes(id))).toEqual([]);
      }
    });
}

test("the matrix knows the operations that there are", () => {
  expect(operations.length).toBeGreaterThan(30);
});
