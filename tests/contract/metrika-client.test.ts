import { afterAll } from "bun:test";
import { createMetrikaClient } from "../../core/metrika/client.ts";
import type { Fetch } from "../../core/metrika/http.ts";
import { demo, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { type MetrikaUnderTest, metrikaClientContract } from "./metrika-client.contract.ts";

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

function underTest(fetch: Fetch, url: string): MetrikaUnderTest {
  return {
    client: createMetrikaClient({ apiUrl: url, loginUrl: url, fetch }),
    ...{ token: demo.token, counterId: demo.counterId, mayUpload: true, mayCreate: true },
    pastSecond: () => Math.floor(Date.now() / 1000) - 60,
  };
}

/** The demo's counter with some visitors; logs are processed as soon as they are asked for. */
function simulator(): MetrikaSimulator {
  const simulated = createMetrikaSimulator({ settings: { logProcessingMs: 0 } });
  seedDemo(simulated);
  simulated.traffic({ counterId: demo.counterId, visitors: 300, days: 10, seed: "contract" });
  return simulated;
}

metrikaClientContract("the simulator in process", () => {
  return underTest(simulator().fetch, "https://metrika.example");
});

metrikaClientContract("the simulator over HTTP", async () => {
  const { url, stop } = await simulator().serve();
  stops.push(stop);
  return underTest(fetch, url);
});

// A real counter, when one is named: reads only, and one small file when METRIKA_TEST_WRITE=1.
const { METRIKA_TEST_TOKEN, METRIKA_TEST_COUNTER, METRIKA_TEST_WRITE } = process.env;
if (METRIKA_TEST_TOKEN && METRIKA_TEST_COUNTER)
  metrikaClientContract("a real counter", () => ({
    client: createMetrikaClient({
      apiUrl: "https://api-metrika.yandex.net",
      loginUrl: "https://login.yandex.ru",
      fetch,
    }),
    ...{ token: METRIKA_TEST_TOKEN, counterId: Number(METRIKA_TEST_COUNTER) },
    ...{ mayUpload: METRIKA_TEST_WRITE === "1", mayCreate: false },
    pastSecond: () => Math.floor(Date.now() / 1000) - 60,
  }));
