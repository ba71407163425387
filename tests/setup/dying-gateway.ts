import * as v from "valibot";
import type { Fetch } from "../../core/metrika/http.ts";
import { readConfig } from "../../gateway/config.ts";
import { composeGateway, type Gateway } from "../../gateway/gateway.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { reservePort, serveGateway } from "../../gateway/serve.ts";
import { type Death, deaths } from "./deaths.ts";

// A gateway like that of gateway/main.ts, which ends itself by SIGKILL at the point that DIE_AT names. It is armed by the
// first conversions that it takes, so that webhooks can be made before.

type Moment = "before" | "inside" | "after";

/** Which request to Metrika brings death, and when. */
const requests: Partial<Record<Death, readonly [moment: Moment, method: "GET" | "POST", path: RegExp]>> = {
  "file built": ["before", "POST", /\/upload$/],
  "half of the body sent": ["inside", "POST", /\/upload$/],
  "upload answered": ["after", "POST", /\/upload$/],
  "upload recorded": ["before", "GET", /\/uploading\//],
  "poll answered": ["after", "GET", /\/uploading\//],
  "list read for a lost answer": ["after", "GET", /\/uploadings$/],
  "goals answered": ["after", "GET", /\/goals$/],
  "goal created": ["after", "POST", /\/goals$/],
};

let isArmed = false;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("SIGKILL did not end the process.");
}

/** The network as it is, but for the point of death. */
function fatalFetch(death: Death): Fetch {
  const [moment, method, path] = requests[death] ?? [];
  return async (url, init) => {
    const isMeant = isArmed && init.method === method && path?.test(new URL(url).pathname);
    if (isMeant && moment === "before") die();
    const isInside = isMeant && moment === "inside" && init.body instanceof ReadableStream;
    const response = await fetch(url, isInside ? { ...init, body: fatalBody(init.body as ReadableStream) } : init);
    if (!isMeant || moment !== "after") return response;
    await response.text();
    die();
  };
}

/** Lets the head of the form and the first piece of the file out, and dies when the network asks for more. */
function fatalBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let pieces = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (pieces++ === 2) die();
        const { value } = await reader.read();
        if (value) controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The port's methods are looked up when they are called, so a method put in place of another is the one that is used. */
function watchStore({ intake, planning }: Gateway["store"], death: Death): void {
  const { commit } = intake;
  const { place, sealRipe } = planning;
  let pages = 0;
  Object.assign(intake, {
    commit: async (...group: Parameters<typeof commit>) => {
      isArmed = true;
      return commit(...group);
    },
  });
  Object.assign(planning, {
    place: async (...page: Parameters<typeof place>) => {
      if (death === "one page placed" && pages === 1) die();
      pages++;
      return place(...page);
    },
    sealRipe: async (...round: Parameters<typeof sealRipe>) => {
      if (death === "all placed, nothing sealed" && pages > 0) die();
      return sealRipe(...round);
    },
  });
}

const death = v.parse(v.picklist(deaths), process.env.DIE_AT);
const { config, release } = reservePort(readConfig(process.env));
configureLogging({ level: config.logLevel });
const gateway = await composeGateway(config, { fetch: fatalFetch(death) });
watchStore(gateway.store, death);
await serveGateway(gateway, config, release);
