import { parse } from "csv-parse/sync";
import type { MetrikaClient } from "../../core/metrika/client.ts";
import { MetrikaError, type MetrikaErrorKind } from "../../core/metrika/errors.ts";
import type { Uploading } from "../../core/metrika/offline-conversions.ts";

/** What happens to the next file: `lost_after` has arrived though no answer came, `lost_before` has not. */
export const sendOutcomes = [
  ...(["ok", "lost_after", "lost_before", "unreachable", "throttled", "refused"] as const),
  ...(["refused_all", "unauthorized"] as const),
];
export type SendOutcome = (typeof sendOutcomes)[number];

interface MetrikaFile {
  readonly id: string;
  readonly comment: string;
  readonly rows: number;
  status: "UPLOADED" | "MATCHED" | "PROCESSED" | "LINKAGE_FAILURE";
}

/** A Metrika in a few lines, whose every answer the test decides. */
export class ScriptedMetrika {
  readonly files: MetrikaFile[] = [];
  /** What Metrika counts: the price of each visitor's conversion; the last file overwrites. */
  readonly counted = new Map<string, string>();
  readonly goals = new Set<string>();
  nextSends: SendOutcome = "ok";
  readsFail = false;

  /** Takes a file as it stands in the body of an upload. */
  take(comment: string, csv: string): MetrikaFile {
    const lines: Record<string, string>[] = parse(csv, { columns: true });
    for (const line of lines)
      this.counted.set(`${line.ClientId} ${line.Target} ${line.DateTime}`, `${line.Price} ${line.Currency}`);
    const file: MetrikaFile = { id: String(900 + this.files.length), comment, rows: lines.length, status: "UPLOADED" };
    this.files.push(file);
    return file;
  }

  /** Metrika works on every file for a while: one more step to its end. */
  work(linked: boolean): void {
    for (const file of this.files) {
      if (file.status === "UPLOADED") file.status = "MATCHED";
      else if (file.status === "MATCHED") file.status = linked ? "PROCESSED" : "LINKAGE_FAILURE";
    }
  }

  readonly client: Pick<MetrikaClient, "goals" | "uploadings"> = {
    goals: {
      list: async () => {
        this.#mayFail();
        return [...this.goals].map((url) => ({
          ...{ id: "1", name: url, type: "action", source: "user", status: "Active", favorite: false },
          conditions: [{ type: "exact", url }],
        }));
      },
      create: () => Promise.reject(failure("forbidden", false)),
    },
    uploadings: {
      upload: async ({ comment, file }) => {
        const outcome = this.nextSends;
        if (outcome === "unreachable") throw failure("unreachable", false);
        if (outcome === "unauthorized") throw failure("unauthorized", false);
        if (outcome === "throttled") throw failure("throttled", false);
        const csv = Buffer.concat(await Array.fromAsync(file.chunks())).toString();
        if (outcome === "lost_before") throw failure("unreachable", true);
        if (outcome === "refused") throw failure("rejected", false);
        if (outcome === "refused_all") {
          const rows = csv.trimEnd().split("\n").length - 1;
          return told({ id: "1", comment, rows, status: "UPLOADED" }, 0);
        }
        const taken = this.take(comment, csv);
        if (outcome === "lost_after") throw failure("unreachable", true);
        return told(taken);
      },
      list: async () => {
        this.#mayFail();
        return this.files.map((file) => told(file));
      },
      get: async ({ uploadingId }) => {
        this.#mayFail();
        const file = this.files.find(({ id }) => id === uploadingId);
        if (!file) throw failure("not_found", false);
        return told(file);
      },
    },
  };

  #mayFail(): void {
    if (this.readsFail) throw failure("unavailable", false);
  }
}

const failure = (kind: MetrikaErrorKind, bodyMayHaveArrived: boolean) =>
  new MetrikaError(`Metrika is ${kind}`, { kind, bodyMayHaveArrived });

function told({ id, comment, rows, status }: MetrikaFile, lineQuantity = rows): Uploading {
  const linkedQuantity = status === "PROCESSED" ? rows : 0;
  const missing = { goalNotFoundQuantity: 0, userNotFoundQuantity: rows - linkedQuantity };
  const kind = { createTime: null, type: null, clientIdType: null };
  return { id, comment, status, sourceQuantity: rows, lineQuantity, linkedQuantity, ...missing, ...kind };
}
