import type { Visit } from "../visit.ts";
import type { ShownVisit } from "./shown-visit.ts";

/** A visit that was added by hand, as one of a single page on a computer; its number among the visitor's is not known. */
export function showAdded(visit: Visit, site: string): ShownVisit {
  const { visitId = "0", userId = null, purchaseIds = [], yclid } = visit;
  // A ClientID of Metrika is a UInt64; visits may be added under other ids, which can be linked to but not shown.
  const clientId = visit.clientId !== undefined && /^\d{1,20}$/.test(visit.clientId) ? visit.clientId : null;
  const start = Math.floor(visit.startTime / 1000);
  const url = `https://${site}/${yclid === undefined ? "" : `?yclid=${yclid}`}`;
  return {
    ...{
      visitor: visit.clientId ?? userId ?? visitId,
      visitId,
      clientId,
      userId,
      userHash: hashOf(visit.clientId ?? visitId),
      start,
    },
    duration: Math.floor(((visit.endTime ?? visit.startTime) - visit.startTime) / 1000),
    ...{ visitNumber: 1, daysSincePrevious: null, pageCount: 1, siteGoals: [], parameters: [[], []] },
    ...{ device: 1, operatingSystem: "windows10", browser: "chrome", cityId: 213, ipAddress: "203.0.113.1" },
    watchIds: [hashOf(`page ${visitId}`)],
    pages: [{ time: start, url, title: site, referer: "" }],
    purchases: purchaseIds.map((id) => ({ id, kopecks: 0 })),
    sourceBy: () => (yclid === undefined ? "direct" : "ad"),
    utmBy: () => null,
    offlineWatchId: (conversion) => hashOf(`conversion ${conversion} of ${visitId}`),
  };
}

/** UInt64 as its digits. */
function hashOf(text: string): string {
  return String(Bun.hash(text));
}
