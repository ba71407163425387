import type { Conversion } from "../../../core/conversion/conversion.ts";
import { defaultOptions } from "../../../core/sources/default-options.ts";
import type {
  BatchRecord,
  BatchRow,
  CredentialRecord,
  IntakeSlice,
  Lane,
  Placed,
  Placement,
  PlacementRules,
  RejectedRow,
  SliceResult,
  SourceRecord,
  Store,
  UnassignedRow,
  UploadFacts,
  UploadRecord,
  UploadState,
} from "../../../core/store/store.ts";

/** The instant at which a world's time begins. */
export const START = Date.parse("2026-11-23T12:00:00Z");
/** The second at which its sales happened, an hour before. */
export const SOLD_AT = START / 1000 - 3600;
export const LINGER_MS = 300_000;
export const LEASE_MS = 60_000;
export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** The options of a source unless a test says otherwise. */
export const sourceOptions: SourceRecord["options"] = defaultOptions;

/** A sale of the visitor with the given number. */
export function sale(visitor: number, change: Partial<Conversion> = {}): Conversion {
  const nobody = { userId: "", yclid: "", purchaseId: "" };
  return {
    ...nobody,
    ...{ target: "purchase", dateTime: SOLD_AT, clientId: String(visitor), price: "100", currency: "RUB" },
    ...change,
  };
}

/** The keyed hash under which a purchase is known, as far as a store can tell. */
export const keyOf = (purchaseId: string) => (purchaseId === "" ? null : `key:${purchaseId}`);

export type SliceChange = Partial<Omit<IntakeSlice, "source" | "rows">> & { readonly source?: SourceRecord };

/** Moves from `planned` to each later state, one step each. */
const WAYS: Readonly<Record<Exclude<UploadState, "filling">, readonly UploadState[]>> = {
  planned: [],
  sending: ["sending"],
  uncertain: ["sending", "uncertain"],
  sent: ["sending", "sent"],
  processing: ["sending", "sent", "processing"],
  completed: ["sending", "sent", "completed"],
  failed: ["sending", "failed"],
};

/** A store with one source, a clock that tests move, and the verbs of intake and delivery in one line each. */
export class World {
  readonly store: Store;
  now = START;
  #uuids = 0;
  #source: SourceRecord | null = null;

  constructor(store: Store) {
    this.store = store;
  }

  get source(): SourceRecord {
    if (!this.#source) throw new Error("The world has no source yet.");
    return this.#source;
  }

  uuid(): string {
    return `01900000-0000-7000-8000-${String(++this.#uuids).padStart(12, "0")}`;
  }

  async addCredential(): Promise<CredentialRecord> {
    const { workspaceId } = this.store.installation;
    const uuid = this.uuid();
    return this.store.credentials.create({
      ...{ uuid, workspaceId, sealedToken: `sealed ${uuid}`, tokenHash: `hash ${uuid}`, now: this.now },
    });
  }

  /** The first source made is the world's own. */
  async addSource(change: Partial<SourceRecord> = {}): Promise<SourceRecord> {
    const credentialId = change.credentialId ?? (await this.addCredential()).id;
    const source = await this.store.sources.create({
      uuid: this.uuid(),
      workspaceId: this.store.installation.workspaceId,
      plugin: "webhook-offline",
      name: "Shop",
      description: null,
      counterId: 100,
      config: {},
      sealedConfig: null,
      configVersion: 1,
      options: sourceOptions,
      timeZone: "Europe/Moscow",
      timeZoneFrom: "default",
      defaultCurrency: "RUB",
      defaultCurrencyFrom: "default",
      language: "ru",
      secretHash: null,
      sealedSecret: null,
      isActive: true,
      deliveryPaused: false,
      schedule: null,
      nextRunAt: null,
      createdAt: this.now,
      updatedAt: this.now,
      ...change,
      credentialId,
    });
    this.#source ??= source;
    return source;
  }

  /** A slice of these sales; rows count from `firstRow`. */
  slice(sales: readonly Conversion[], change: SliceChange = {}, firstRow = 0): IntakeSlice {
    const { source = this.source, ...rest } = change;
    const rejected = rest.rejected ?? [];
    return {
      batchId: null,
      source: {
        id: source.id,
        workspaceId: source.workspaceId,
        counterId: source.counterId,
        isOwnCounter: true,
        dedupeBy: source.options.dedupeBy,
      },
      received: sales.length + rejected.length,
      rows: sales.map((conversion, i) => ({ row: firstRow + i, conversion, keyHash: keyOf(conversion.purchaseId) })),
      rejected,
      unidentified: [],
      idempotency: null,
      rejectedExpireAt: this.now + 30 * DAY,
      keysExpireAt: this.now + 400 * DAY,
      last: true,
      warnings: [],
      now: this.now,
      ...rest,
    };
  }

  async commit(slice: IntakeSlice): Promise<SliceResult> {
    const [result] = await this.store.intake.commit([slice]);
    if (!result) throw new Error("The store answered for no slice.");
    return result;
  }

  /** A whole batch, received at once. */
  async receive(sales: readonly Conversion[], change: SliceChange = {}): Promise<SliceResult> {
    return this.commit(this.slice(sales, change));
  }

  /** The first slice of a batch that is larger than it. */
  async begin(sales: readonly Conversion[], change: SliceChange = {}): Promise<SliceResult> {
    return this.commit(this.slice(sales, { received: sales.length + 1, ...change, last: false }));
  }

  /** Gives every row that wants one its place, as the planner does. */
  async place(to: (row: UnassignedRow) => Placement["to"] = () => "upload", change = {}): Promise<number> {
    const { planning } = this.store;
    const rows = [...(await planning.readReturning(1000)), ...(await planning.readNew(1000))];
    return this.placeRows(rows, to, change);
  }

  async placeRows(
    rows: readonly UnassignedRow[],
    to: (row: UnassignedRow) => Placement["to"] = () => "upload",
    change = {},
  ): Promise<number> {
    const sources = await this.store.sources.getMany(rows.map((row) => row.sourceId));
    const placements = rows.map((row): Placement => {
      const place = to(row);
      return place === "upload" ? this.intoFile(row, {}, sources.get(row.sourceId)) : { row, to: place };
    });
    return this.placeAll(placements, change);
  }

  async placeAll(placements: readonly Placement[], change = {}): Promise<number> {
    const limits = { maxRows: 1000, maxBytes: 1_000_000, maxLanes: 30, joinedForMs: 21 * DAY };
    const keysExpireAt = this.now + 400 * DAY;
    const rules = { ...limits, keysExpireAt, now: this.now, holder: "world", newUuid: () => this.uuid() };
    return (await this.planner(placements, { ...rules, ...change })).rows;
  }

  /** Placing, by whom it is left to. */
  async planner(placements: readonly Placement[], rules: PlacementRules): Promise<Placed> {
    await this.store.leases.take("housekeeping", rules.holder, LEASE_MS);
    const placed = await this.store.planning.place(placements, rules);
    if (!placed) throw new Error("The lease of house-keeping is another's.");
    return placed;
  }

  /** The placement of a row whose file it shares with rows of every kind, which most tests need. */
  intoFile(row: UnassignedRow, lane: Partial<Lane> = {}, source = this.source): Placement & { readonly to: "upload" } {
    const { workspaceId, counterId, defaultCurrency, credentialId } = source;
    const own = { workspaceId, counterId, credentialId, currency: row.currency || defaultCurrency };
    const shared = { target: null, identifier: null, uncertainPolicy: "resend" } as const;
    return {
      row,
      to: "upload",
      lane: { ...own, ...shared, ...lane },
      lingerMs: LINGER_MS,
      keyHash: keyOf(row.purchaseId),
    };
  }

  /** Rows that wait for a goal of the world's counter. */
  async waiting(): Promise<readonly UnassignedRow[]> {
    const { workspaceId, counterId } = this.source;
    return this.store.planning.readWaitingForGoal({ workspaceId, counterId, targets: null, after: 0, limit: 1000 });
  }

  async seal(change = {}): Promise<number> {
    return this.store.planning.sealRipe(this.now, { maxRows: 1000, maxBytes: 1_000_000, ...change });
  }

  /** All uploads of the workspace, oldest first. */
  async uploads(): Promise<readonly UploadRecord[]> {
    const { workspaceId } = this.store.installation;
    const all = { workspaceId, counterId: null, state: null, before: null, limit: 1000 };
    return (await this.store.uploads.list(all)).rows.toReversed();
  }

  /** Claims what is due in these states. */
  async claim(states: readonly UploadState[], claim: string, change = {}): Promise<readonly UploadRecord[]> {
    const limits = { leaseMs: LEASE_MS, limit: 1000, perLogin: 1000 };
    return this.store.uploads.claimDue({ states, claim, now: this.now, ...limits, ...change });
  }

  /** One move of one upload, by a worker of its own; the other claims that it got are given back. */
  async move(id: number, from: UploadState, to: UploadState, facts: UploadFacts = {}): Promise<void> {
    const claim = `claim ${this.uuid()}`;
    for (const upload of await this.claim([from], claim)) {
      const step = upload.id === id ? { to, facts } : { to: from, facts: {} };
      const moved = await this.store.uploads.move({
        ...{
          id: upload.id,
          claim,
          from,
          ...step,
          attempt: null,
          keepClaim: upload.id === id && to === "sending",
          now: this.now,
        },
      });
      if (!moved) throw new Error(`Upload ${upload.id} did not move from ${from} to ${step.to}.`);
      if (upload.id === id) this.#held.set(id, claim);
    }
  }
  readonly #held = new Map<number, string>();

  /** Places all rows, closes the files, and takes the newest upload to a state on the way that delivery goes. */
  async deliverTo(state: Exclude<UploadState, "filling">, facts: UploadFacts = {}): Promise<UploadRecord> {
    await this.place();
    this.now += LINGER_MS;
    await this.seal();
    const newest = (await this.uploads()).at(-1);
    if (!newest) throw new Error("There is nothing to deliver.");
    return this.advance(newest, state, facts);
  }

  /** Takes a planned upload on. */
  async advance(upload: UploadRecord, state: keyof typeof WAYS, facts: UploadFacts = {}): Promise<UploadRecord> {
    let from: UploadState = "planned";
    for (const to of WAYS[state]) {
      const last = to === state;
      await this.step(upload.id, from, to, last ? { ...numbersOf(to, upload.rows), ...facts } : {});
      from = to;
    }
    return this.reload(upload);
  }

  /** A move that goes on under the claim held since `sending`, or under a fresh one. */
  async step(id: number, from: UploadState, to: UploadState, facts: UploadFacts = {}): Promise<void> {
    const claim = this.#held.get(id);
    if (from !== "sending" || claim === undefined) return this.move(id, from, to, facts);
    const moved = await this.store.uploads.move({ id, claim, from, to, facts, attempt: null, now: this.now });
    if (!moved) throw new Error(`Upload ${id} did not move from ${from} to ${to}.`);
  }

  async reload(upload: UploadRecord): Promise<UploadRecord> {
    const found = await this.store.uploads.findByUuid(upload.uuid);
    if (!found) throw new Error(`Upload ${upload.uuid} is gone.`);
    return found;
  }

  async batch(id: number): Promise<BatchRecord> {
    const batch = await this.store.batches.get(id);
    if (!batch) throw new Error(`Batch ${id} cannot be seen.`);
    return batch;
  }

  async rowsOf(batchId: number): Promise<readonly BatchRow[]> {
    return (await this.store.batches.rowsOf(batchId, -1, 1000)).rows;
  }

  /** What a file tells: visitor and price of each line. */
  async linesOf(upload: UploadRecord, pageSize = 1000): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const page of this.store.uploads.lines(upload.id, pageSize))
      for (const { conversion } of page) lines.push(`${conversion.clientId}: ${conversion.price}`);
    return lines;
  }
}

/** Metrika's numbers for a file all of whose rows met a visit. */
function numbersOf(state: UploadState, rows: number): UploadFacts {
  if (state === "failed") return { errorCode: "metrika_rejected", settledAt: START };
  if (state === "sent" || state === "processing") return { metrikaUploadId: "900", metrikaStatus: "UPLOADED" };
  if (state !== "completed") return {};
  const all = { sourceQuantity: rows, lineQuantity: rows, linkedQuantity: rows };
  return { metrikaUploadId: "900", metrikaStatus: "PROCESSED", ...all, settledAt: START };
}

export const refusedRow = (row: number, change: Partial<RejectedRow> = {}): RejectedRow => ({
  ...{ row, code: "no_identifier", field: "client_id", sealed: `sealed ${row}` },
  ...change,
});

/** The world of the test that runs, with its one source. */
export type CurrentWorld = () => World;
