import type { HttpHandler } from "msw";
import { endpoint } from "./endpoint.ts";
import { jsonAnswer, refusal } from "./envelopes.ts";
import { statusOf } from "./processing.ts";
import { receiveUpload } from "./receive-upload.ts";
import type { SimulatorSettings } from "./settings.ts";
import type { Simulation } from "./simulation.ts";
import { find } from "./strikes.ts";
import type { Uploading } from "./uploading.ts";

const FOLDER = "*/management/v1/counter/:counterId/offline_conversions";
// Whether reading uploadings back needs metrika:read is not documented; any scope that may upload will do here.
const ANY_SCOPE = ["metrika:read", "metrika:write", "metrika:offline_data"] as const;

/** Offline conversions: upload, list, one. https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1 */
export function uploadingEndpoints(simulation: Simulation): HttpHandler[] {
  const shown = (uploading: Uploading) => show(uploading, simulation);
  return [
    endpoint(simulation, {
      ...{ operation: "upload", method: "POST", path: `${FOLDER}/upload`, group: "client_write" },
      scopes: ["metrika:write", "metrika:offline_data"],
      writes: true,
      async act(request, counter) {
        const received = await receiveUpload(request, counter!, simulation);
        return received instanceof Response ? received : jsonAnswer({ uploading: shown(received) });
      },
    }),
    endpoint(simulation, {
      ...{ operation: "list", method: "GET", path: `${FOLDER}/uploadings`, group: "client_read", scopes: ANY_SCOPE },
      act({ exchange, faults }, counter) {
        const query = exchange.url.searchParams;
        const limit = wholeNumber(query.get("limit"), 10_000);
        const offset = wholeNumber(query.get("offset"), 0);
        if (limit === null || limit < 1) return refusal(400, "invalid_parameter", "Wrong limit", { location: "limit" });
        if (offset === null) return refusal(400, "invalid_parameter", "Wrong offset", { location: "offset" });
        const now = simulation.now();
        const listed = (simulation.uploadings.get(counter!.id) ?? []).filter((uploading) => uploading.listedAt <= now);
        const order = find(faults, "list_order")?.order ?? simulation.settings.listOrder;
        const page = ordered(listed, order).slice(offset, offset + limit);
        return jsonAnswer({ uploadings: page.map(shown) });
      },
    }),
    endpoint(simulation, {
      ...{ operation: "get", method: "GET", path: `${FOLDER}/uploading/:uploadingId`, group: "client_read" },
      scopes: ANY_SCOPE,
      act({ params }, counter) {
        const uploading = simulation.uploadings.get(counter!.id)?.find((one) => one.id === params.uploadingId);
        return uploading === undefined
          ? refusal(400, "invalid_parameter", "No object with specified ID.")
          : jsonAnswer({ uploading: shown(uploading) });
      },
    }),
  ];
}

// TypeScript's library does not know it yet: https://tc39.es/proposal-json-parse-with-source/
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** An uploading in Metrika's words, as it stands now. */
export function show(uploading: Uploading, simulation: Simulation): Record<string, unknown> {
  const status = currentStatus(uploading, simulation);
  const { goalNotFound = 0, userNotFound = 0, linked = 0 } = uploading.result?.quantities ?? {};
  return {
    // A plain number of any length: JSON.stringify alone would round it or put it in quotes.
    id: rawJson(uploading.id),
    create_time: `${new Date(uploading.createdAt).toISOString().slice(0, 19)}Z`,
    source_quantity: uploading.sourceQuantity,
    line_quantity: uploading.lineQuantity,
    comment: uploading.comment,
    type: uploading.type,
    ...(uploading.clientIdType !== null && { client_id_type: uploading.clientIdType }),
    status,
    goal_not_found_quantity: goalNotFound,
    user_not_found_quantity: userNotFound,
    linked_quantity: linked,
  };
}

/** Processes every file whose time has come. */
export function settleDue(simulation: Simulation): void {
  for (const uploading of simulation.unsettled) currentStatus(uploading, simulation);
}

function currentStatus(uploading: Uploading, simulation: Simulation): string {
  const { settings, visits, offlineGoals, world } = simulation;
  const goals = world.counters.get(uploading.counterId)?.goals ?? [];
  const status = statusOf(uploading, simulation.now(), { settings, visits, offlineGoals, goals });
  if (uploading.result !== null) simulation.unsettled.delete(uploading);
  return status;
}

function ordered(uploadings: readonly Uploading[], order: SimulatorSettings["listOrder"]): readonly Uploading[] {
  if (order === "asc") return uploadings;
  if (order === "desc") return uploadings.toReversed();
  // By a hash of the id: without order, yet the same for every page.
  const place = new Map(uploadings.map((uploading) => [uploading, Bun.hash(uploading.id)]));
  return uploadings.toSorted((a, b) => ((place.get(a) ?? 0) < (place.get(b) ?? 0) ? -1 : 1));
}

function wholeNumber(text: string | null, missing: number): number | null {
  if (text === null) return missing;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
