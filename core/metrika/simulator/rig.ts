import { createMetrikaClient, type MetrikaClient } from "../client.ts";
import { createManualClock, type ManualClock } from "../clock.ts";
import type { MetrikaError } from "../errors.ts";
import type { Uploading } from "../offline-conversions.ts";
import type { SimulatorSettings } from "./settings.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "./simulator.ts";

/** A simulator at a fixed instant with one counter, and a client that talks to it in process; for tests. */
export interface Rig {
  readonly simulator: MetrikaSimulator;
  readonly client: MetrikaClient;
  readonly clock: ManualClock;
  /** Token and counter for any call. */
  readonly call: { readonly token: string; readonly counterId: number };
  /** Uploads a CSV text. */
  upload(csv: string, comment?: string): Promise<Uploading>;
  /** The failure of uploading a CSV text; throws when there is none. */
  refusal(csv: string): Promise<MetrikaError>;
  /** Moves on to the end of processing and reads the uploading again. */
  settled(uploading: Uploading): Promise<Uploading>;
}

/** The instant at which the rig's time begins, and the same in Unix seconds. */
export const START = "2026-11-23T12:00:00Z";
export const START_SECONDS = Date.parse(START) / 1000;

/** Makes a {@link Rig}; the counter has the goal `purchase`. */
export function createRig(settings: Partial<SimulatorSettings> = {}): Rig {
  const clock = createManualClock(Date.parse(START));
  const simulator = createMetrikaSimulator({ clock, settings });
  const call = { token: "y0_good", counterId: 100 };
  simulator.addToken(call.token, { login: "owner" });
  simulator.addCounter({ id: call.counterId, name: "Shop", ownerLogin: "owner" });
  simulator.addGoal(call.counterId, "purchase");
  const hosts = { apiUrl: "https://metrika.example", loginUrl: "https://login.example" };
  const client = createMetrikaClient({ ...hosts, fetch: (url, init) => simulator.fetch(url, init) });

  async function upload(csv: string, comment = "c1"): Promise<Uploading> {
    const bytes = new TextEncoder().encode(csv);
    const file = { size: bytes.length, chunks: () => new Blob([bytes]).stream() };
    return client.uploadings.upload({ ...call, comment, file });
  }
  return {
    ...{ simulator, client, clock, call, upload },
    async refusal(csv) {
      return upload(csv).then(
        () => Promise.reject(new Error("The upload was accepted")),
        (error: MetrikaError) => error,
      );
    },
    async settled(uploading) {
      simulator.advance(simulator.settings.processingMs);
      return client.uploadings.get({ ...call, uploadingId: uploading.id });
    },
  };
}
