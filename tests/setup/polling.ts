import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { type Answer, startTestGateway, type TestGatewayOptions } from "./gateway.ts";
import { type Polls, pollingPlugin } from "./polling-plugin.ts";

/** The hour at which a source of {@link startPolling} is due each day, in Moscow. */
const DUE_AT_HOUR = 18;

/** A gateway with one polling source, which is due once a day at {@link DUE_AT_HOUR}. */
export async function startPolling(run: Polls, options: TestGatewayOptions = {}) {
  const gateway = await startTestGateway({ plugins: [pollingPlugin(run)], ...options });
  const made = await gateway.manage("POST", "/v1/sources", {
    ...{ plugin: "polling", name: "Shop", counter_id: demo.counterId, token: demo.token, config: {} },
    ...{ schedule: `0 ${DUE_AT_HOUR} * * *`, time_zone: "Europe/Moscow" },
  });
  const path = `/v1/sources/${made.body.source_id}`;
  const inEnglish = { "accept-language": "en" };
  const ask = (dryRun = false): Promise<Answer> =>
    gateway.manage("POST", `${path}/runs`, { dry_run: dryRun }, inEnglish);
  const list = async () => (await gateway.manage("GET", `${path}/runs`)).body.data;
  const read = async (id: unknown) => (await gateway.manage("GET", `${path}/runs/${id}`, undefined, inEnglish)).body;
  const cancel = (id: unknown) => gateway.manage("POST", `${path}/runs/${id}/cancel`, undefined, inEnglish);
  return { ...gateway, path, ask, list, read, cancel };
}
