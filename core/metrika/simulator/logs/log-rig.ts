import type { LogSource } from "../../logs.ts";
import { createRig, type Rig } from "../rig.ts";
import type { SimulatorSettings } from "../settings.ts";
import type { Traffic, TrafficSeed } from "../traffic/traffic.ts";

/** A simulator whose counter has visitors, and a client that reads its logs; for tests. */
export interface LogRig extends Rig {
  readonly traffic: Traffic;
  /** Asks for a log, waits until it is processed, and downloads it: one object a row, by the names of the columns. */
  read(wanted: WantedLog): Promise<readonly Row[]>;
}

/** A row as it stands in the file, unescaped; arrays are still texts. */
export type Row = Readonly<Record<string, string>>;

/** What {@link LogRig.read} asks for; days default to the week before the rig's own day. */
export interface WantedLog {
  /** Default: the rig's own. */
  readonly counterId?: number;
  readonly source?: LogSource;
  readonly fields: readonly string[];
  readonly date1?: string;
  readonly date2?: string;
  readonly attribution?: string;
}

/** The days of {@link WantedLog} unless it names others. */
export const WEEK = { date1: "2026-11-16", date2: "2026-11-22" } as const;

/** Makes a {@link LogRig}. */
export function createLogRig(settings: Partial<SimulatorSettings> = {}, seed: Partial<TrafficSeed> = {}): LogRig {
  const rig = createRig(settings);
  const traffic = rig.simulator.traffic({
    counterId: rig.call.counterId,
    visitors: 500,
    days: 30,
    seed: "rig",
    ...seed,
  });
  return {
    ...{ ...rig, traffic },
    async read({ counterId = rig.call.counterId, source = "visits", ...wanted }) {
      const call = { ...rig.call, counterId };
      const asked = await rig.client.logs.create({ ...call, ...WEEK, source, ...wanted });
      if (asked === null) throw new Error("The same log is being prepared already");
      rig.simulator.advance(rig.simulator.settings.logProcessingMs);
      const log = await rig.client.logs.get({ ...call, requestId: asked.id });
      const texts: string[] = [];
      const decoder = new TextDecoder();
      const sinkOf = () => ({ write: (bytes: Uint8Array) => void texts.push(decoder.decode(bytes, { stream: true })) });
      // Sizes are exact here, so that the parts are weighed as well as read.
      await rig.client.logs.download({ token: call.token, log, sinkOf, checkSizes: true });
      await rig.client.logs.clean({ ...call, requestId: asked.id });
      const header = `${log.fields.join("\t")}\n`;
      return rowsOf(texts.join("").replaceAll(header, ""), log.fields);
    },
  };
}

function rowsOf(text: string, names: readonly string[]): Row[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => Object.fromEntries(line.split("\t").map((value, at) => [names[at] ?? "", value])));
}

const UNESCAPED: Readonly<Record<string, string>> = { t: "\t", n: "\n" };

/** A text as it was before it was written into a TSV file. */
export function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => UNESCAPED[character] ?? character);
}

/** The elements of an array as they stand in a TSV file: `[1,2]` or `['a','b']`. */
export function elementsOf(text: string): string[] {
  const found = text.slice(1, -1).matchAll(/'((?:[^'\\]|\\.)*)'|[^,]+/gs);
  return [...found].map(([element, quoted]) => unescaped(quoted ?? element));
}
