import { expect, test } from "bun:test";
import fc from "fast-check";
import { identifierKinds } from "../../core/metrika/simulator/settings.ts";
import { HOUR, startTestGateway } from "../setup/gateway.ts";

const SOLD_AT = Date.parse("2026-11-23T10:00:00Z") / 1000;

/** A sale out of few visitors, orders, targets and seconds, so that many meet. */
const fact = fc.record({
  client_id: fc.constantFrom(undefined, "1", "2"),
  user_id: fc.constantFrom(undefined, "anna", "boris"),
  yclid: fc.constantFrom(undefined, "77"),
  purchase_id: fc.constantFrom("p1", "p2", "p3"),
  target: fc.constantFrom("purchase", "purchase", "lead"),
  date_time: fc.integer({ min: SOLD_AT, max: SOLD_AT + 2 }),
});

const history = fc.record({
  facts: fc.uniqueArray(fact, { selector: (one) => JSON.stringify(one), minLength: 2, maxLength: 24 }),
  /** The rows of each post in turn, and what happens after it. */
  posts: fc.array(
    fc.record({ rows: fc.integer({ min: 1, max: 8 }), after: fc.constantFrom("nothing", "work", "wait", "restart") }),
    { minLength: 1, maxLength: 4 },
  ),
  webhooks: fc.constantFrom(["all"], ["best"], ["all", "best"]),
  priority: fc.shuffledSubarray([...identifierKinds], { minLength: identifierKinds.length }),
  settled: fc.boolean(),
});

test("for every set of sales, whichever identifier Metrika goes by, each is counted once, at its last price", async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ facts, posts, webhooks, priority, settled }) => {
      const { createWebhook, post, work, settle, advance, restart, simulator, close } = await startTestGateway({
        settings: { visitors: "any", identifierPriority: priority },
      });
      const corrections: (() => Promise<unknown>)[] = [];
      const made = await Promise.all(webhooks.map((identifiers) => createWebhook({ identifiers })));
      const sales = facts.map((one, i) => ({ ...one, price: 1000 + i }));
      for (let from = 0, n = 0; from < sales.length; n++) {
        const { rows, after } = posts[n % posts.length]!;
        const webhook = made[n % made.length]!;
        const told = sales.slice(from, from + rows);
        const { body } = await post(webhook, told);
        expect(body).toMatchObject({ accepted_count: told.length });
        corrections.push(() => post(webhook, [{ ...told[0], price: told[0]!.price + 1000 }]));
        from += rows;
        if (after === "wait") advance(HOUR);
        if (after === "work" || after === "wait") await work();
        if (after === "restart") await restart();
      }
      if (settled) await settle();
      for (const correct of corrections) await correct();
      await settle();
      const { conversions } = simulator.ledger;
      expect(conversions()).toHaveLength(facts.length);
      const corrected = conversions().filter(({ price }) => Number(price) >= 2000);
      expect(corrected).toHaveLength(corrections.length);
      expect(new Set(conversions().map(({ price }) => Number(price) % 1000)).size).toBe(facts.length);
      await close();
    }),
    { numRuns: 20 },
  );
}, 60_000);
