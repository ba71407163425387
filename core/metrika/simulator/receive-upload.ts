import type { Admitted } from "./endpoint.ts";
import { refusal } from "./envelopes.ts";
import { bodyOf } from "./exchange.ts";
import { FileRefused, readFileRows } from "./file-rows.ts";
import { BrokenMultipart, boundaryIn, partContent } from "./multipart.ts";
import { reachableTargets } from "./processing.ts";
import { type CheckedRow, checkRow } from "./row-check.ts";
import { type Identity, identifierKinds } from "./settings.ts";
import type { Simulation } from "./simulation.ts";
import { find } from "./strikes.ts";
import type { KeptConversion, Uploading } from "./uploading.ts";
import type { Counter } from "./world.ts";

/** What a file held, once it has been read to its end. */
interface ReadFile {
  readonly columns: readonly string[];
  readonly rows: readonly CheckedRow[];
  readonly sourceQuantity: number;
  readonly bytes: number;
  readonly csv: string | null;
}

class FileTooLarge extends Error {}

/**
 * Takes an uploaded file: nothing of it is kept unless it has arrived whole and is accepted.
 *
 * @returns the new uploading, or the refusal: 400 `invalid_uploading` for a file Metrika would not take.
 */
export async function receiveUpload(
  request: Admitted,
  counter: Counter,
  simulation: Simulation,
): Promise<Uploading | Response> {
  const query = request.exchange.url.searchParams;
  const comment = query.get("comment") ?? "";
  const type = query.get("type") ?? "BASIC";
  if (comment.length > 255) return refusal(400, "invalid_parameter", "Comment is too long", { location: "comment" });
  if (!["BASIC", "CALLS", "CHATS"].includes(type))
    return refusal(400, "invalid_parameter", `Unknown type ${type}`, { location: "type" });
  try {
    const file = await readFile(request, counter, simulation);
    return keepFile(file, { comment, type, clientIdType: query.get("client_id_type") }, request, counter, simulation);
  } catch (error) {
    // Which answer a file beyond the limit gets is not documented; gateways answer with a page of their own.
    if (error instanceof FileTooLarge)
      return new Response("<html>413 Request Entity Too Large</html>", { status: 413 });
    if (!(error instanceof FileRefused) && !(error instanceof BrokenMultipart)) throw error;
    return refusal(400, "invalid_uploading", error.message);
  }
}

async function readFile({ exchange, faults }: Admitted, counter: Counter, simulation: Simulation): Promise<ReadFile> {
  const { settings } = simulation;
  const boundary = boundaryIn(exchange.headers.get("content-type"));
  if (boundary === null) throw new FileRefused("The body is no multipart/form-data");
  const { emptyCurrency, badRows } = settings;
  // Kinds that the setting leaves out come last, so that no row loses its only identifier.
  const identifierPriority = [...new Set([...settings.identifierPriority, ...identifierKinds])];
  const keepWeaker = settings.identifierMatching === "any";
  const nowSeconds = Math.floor(simulation.now() / 1000);
  const rules = { counterId: counter.id, nowSeconds, identifierPriority, keepWeaker, emptyCurrency };
  const every = find(faults, "refuse_rows")?.every ?? null;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const texts: string[] = [];
  const rows: CheckedRow[] = [];
  let [sourceQuantity, bytes] = [0, 0];

  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const piece of partContent(bodyOf(exchange), boundary as string, "file")) {
      bytes += piece.byteLength;
      if (bytes > settings.maxFileBytes) throw new FileTooLarge();
      if (settings.keepCsv) texts.push(decoder.decode(piece, { stream: true }));
      yield piece;
    }
  }
  const columns = await readFileRows(watched(), (row) => {
    sourceQuantity++;
    const checked = every !== null && sourceQuantity % every === 0 ? "refused on demand" : checkRow(row, rules);
    if (typeof checked !== "string") rows.push(checked);
    else if (badRows === "refuse_file") throw new FileRefused(`Row ${sourceQuantity}: ${checked}`);
  });
  return { columns, rows, sourceQuantity, bytes, csv: settings.keepCsv ? texts.join("") : null };
}

function keepFile(
  file: ReadFile,
  query: Pick<Uploading, "comment" | "type" | "clientIdType">,
  { faults }: Admitted,
  counter: Counter,
  simulation: Simulation,
): Uploading {
  const { ledger, uploadings } = simulation;
  const createdAt = simulation.now();
  const kept: KeptConversion[] = [];
  const weaker = new Map<number, readonly Identity[]>();
  const uploading: Uploading = {
    ...query,
    id: simulation.nextUploadingId(),
    counterId: counter.id,
    columns: file.columns,
    bytes: file.bytes,
    createdAt,
    listedAt: createdAt + (find(faults, "late_list")?.ms ?? 0),
    sourceQuantity: file.sourceQuantity,
    lineQuantity: file.rows.length,
    goalsAtUpload: reachableTargets(counter.goals),
    csv: file.csv,
    rows: kept,
    weaker,
    statusScript: null,
    result: null,
  };
  for (const row of file.rows) {
    if (row.weaker.length > 0) weaker.set(kept.length, row.weaker);
    kept.push(ledger.keep(row, uploading));
  }
  ledger.addFile(uploading);
  simulation.unsettled.add(uploading);
  const others = uploadings.get(counter.id);
  if (others === undefined) uploadings.set(counter.id, [uploading]);
  else others.push(uploading);
  return uploading;
}
