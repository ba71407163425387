import { expect } from "bun:test";
import type { Conversion } from "../../core/conversion/conversion.ts";
import { csvHeader, csvRow } from "../../core/conversion/csv.ts";
import type { DeliveryDeps } from "../../core/delivery/deps.ts";
import type { Housekeeping } from "../../core/delivery/housekeeping.ts";
import { createLoginPlans } from "../../core/delivery/login-plans.ts";
import { planUploads } from "../../core/delivery/plan-uploads.ts";
import { resolveUpload } from "../../core/delivery/resolve-upload.ts";
import { defaultRules } from "../../core/delivery/rules.ts";
import { commentOf } from "../../core/delivery/send-upload.ts";
import { isUnsent } from "../../core/delivery/upload-state.ts";
import { holdSource, releaseSource } from "../../core/delivery/withdraw.ts";
import { createWorker, type Worker } from "../../core/delivery/worker.ts";
import type { MetrikaClient } from "../../core/metrika/client.ts";
import type {
  BatchRecord,
  BatchRow,
  LeaseStore,
  SliceResult,
  SourceOptions,
  Store,
  UploadRecord,
  UploadState,
} from "../../core/store/store.ts";
import { createVault } from "../../core/vault/vault.ts";
import { DAY, MINUTE, sale, sourceOptions, World } from "../contract/store/world.ts";
import { countBy, isResting, OPEN, reachableFrom, statusOf } from "./expectations.ts";
import { type CancelSome, cancelSome, type ReplaySome, replaySome } from "./people.ts";
import { ScriptedMetrika, type SendOutcome } from "./scripted-metrika.ts";

/** One conversion as a sender tells it: who, and for how much. */
export interface Told {
  readonly visitor: number;
  readonly price: number;
  readonly currency: "RUB" | "USD";
}

/** One step of a history. */
export type Step =
  | { readonly do: "receive"; readonly told: readonly Told[] }
  | { readonly do: "begin"; readonly told: readonly Told[] }
  | { readonly do: "finish" | "discard" | "restart" | "goal" | "decide" }
  | { readonly do: "deliver"; readonly sends: SendOutcome; readonly readsFail: boolean; readonly seconds: number }
  | { readonly do: "die"; readonly arrived: boolean }
  | { readonly do: "work"; readonly linked: boolean }
  /** From here on another gateway on the same database does everything; where there is one only, it goes on. */
  | { readonly do: "turn"; readonly to: number }
  | ReplaySome
  | CancelSome
  | { readonly do: "pause" | "resume" };

type UncertainPolicy = SourceOptions["uncertainPolicy"];

/** The last visitors' goal exists only after the step `goal`. */
const LATE_VISITOR = 3;
const conversionOf = ({ visitor, price, currency }: Told): Conversion =>
  sale(visitor, { price: String(price), currency, target: visitor >= LATE_VISITOR ? "late" : "purchase" });

const vault = createVault(new Uint8Array(32));

/** What each of several gateways keeps for itself. */
interface WorldGateway {
  readonly store: Store;
  readonly deps: DeliveryDeps;
  readonly worker: Worker;
}

/**
 * The stores and workers of one or several gateways on one database with a scripted Metrika, and after every step the question
 * whether all is still true. One gateway acts at a time; what the others remember meanwhile may have become wrong.
 */
export class DeliveryWorld {
  readonly metrika = new ScriptedMetrika();
  readonly #world: World;
  readonly #gateways: readonly WorldGateway[];
  #turn = 0;
  readonly #batches: number[] = [];
  /** What was acknowledged, in the order in which it was written. */
  #acknowledged: { readonly batchId: number; readonly told: Told }[] = [];
  #begun: number | null = null;
  #deaths = 0;
  readonly #states = new Map<string, UploadState>();
  readonly #seen = new Map<number, BatchRecord>();
  /** Tries to send, of each uncertain file that only a person may have sent again. */
  readonly #heldAttempts = new Map<number, number>();

  private constructor(stores: readonly Store[], filesFolder: string) {
    const acting = () => this.#acting.store;
    // Whoever asks for a part of the store is given that of the gateway whose turn it is.
    const store = new Proxy({} as Store, { get: (_, part) => Reflect.get(acting(), part) });
    this.#world = new World(store);
    this.#gateways = stores.map((own, n) => {
      const deps = depsOf(this.#world, own, this.metrika, filesFolder, `gateway ${n}`);
      return { store: own, deps, worker: createWorker(deps) };
    });
    this.metrika.goals.add("purchase");
  }

  /** @param stores of gateways on one database */
  static async open(
    stores: readonly Store[],
    filesFolder: string,
    uncertainPolicy: UncertainPolicy,
  ): Promise<DeliveryWorld> {
    const delivery = new DeliveryWorld(stores, filesFolder);
    const world = delivery.#world;
    const { id, uuid } = await world.addCredential();
    await world.store.credentials.replaceToken(id, vault.seal("token", `credential:${uuid}`), "hash", world.now);
    await world.addSource({ credentialId: id, options: { ...sourceOptions, uncertainPolicy } });
    return delivery;
  }

  get #acting(): WorldGateway {
    const gateway = this.#gateways[this.#turn];
    if (gateway === undefined) throw new Error("A world needs a gateway.");
    return gateway;
  }

  get #deps(): DeliveryDeps {
    return this.#acting.deps;
  }

  async take(step: Step): Promise<void> {
    const world = this.#world;
    switch (step.do) {
      case "turn":
        // Its right to keep house runs out by the real clock, for which no history waits.
        await this.#deps.housekeeping.release();
        this.#turn = step.to % this.#gateways.length;
        break;
      case "receive":
        this.#note(step.told, await world.receive(step.told.map(conversionOf)), true);
        break;
      case "begin":
        await this.#begin(step.told);
        break;
      case "finish":
        await this.#finish();
        break;
      case "discard":
        if (this.#begun === null) return;
        await world.store.intake.discard(this.#begun);
        this.#forgetBegun();
        break;
      case "deliver":
        world.now += step.seconds * 1000;
        this.metrika.nextSends = step.sends;
        this.metrika.readsFail = step.readsFail;
        await this.#acting.worker.runOnce();
        if (step.seconds >= 3600) await this.#checkLate();
        break;
      case "decide":
        await this.#decide(() => true);
        break;
      case "die":
        await this.#die(step.arrived);
        break;
      case "restart":
        await world.store.maintenance.removeUnsealed(world.now);
        this.#forgetBegun();
        await world.store.uploads.releaseClaims({
          ...{ leasesBefore: Number.MAX_SAFE_INTEGER, now: world.now, firstReadBackMs: 15_000 },
        });
        break;
      case "work":
        this.metrika.work(step.linked);
        break;
      case "goal":
        this.metrika.goals.add("late");
        break;
      case "replay":
        await replaySome(world, this.#deps, step, () => this.check());
        break;
      case "cancel":
        await cancelSome(world, this.#batches, step, () => this.check());
        break;
      case "pause":
        await world.store.sources.update(world.source.id, { deliveryPaused: true }, world.now);
        await holdSource(this.#deps, world.source.id);
        await this.#expectHeld();
        break;
      case "resume":
        await world.store.sources.update(world.source.id, { deliveryPaused: false }, world.now);
        await releaseSource(this.#deps, world.source.id);
    }
  }

  /** No line stands in a file that could be sent; the world has one source. */
  async #expectHeld(): Promise<void> {
    const atRest = (await this.#world.uploads()).filter(
      ({ state, attempts }) => (state === "filling" || state === "planned") && attempts === 0,
    );
    expect(atRest).toEqual([]);
  }

  /** Faults stop and time goes on: returns the rows of all batches when nothing moves any more. */
  async settle(): Promise<readonly BatchRow[]> {
    await this.#finish();
    await this.take({ do: "resume" });
    for (let round = 0; round < 30; round++) await this.#quietRound(6 * MINUTE);
    await this.#quietRound(22 * DAY);
    for (let round = 0; round < 6; round++) await this.#quietRound(20 * MINUTE);
    await this.check();
    return this.#rows();
  }

  async #quietRound(ms: number): Promise<void> {
    await this.take({ do: "deliver", sends: "ok", readsFail: false, seconds: ms / 1000 });
    this.metrika.work(true);
    await this.#decide(({ errorCode }) => errorCode === "held_for_person");
  }

  /** A person looks into Metrika and decides about files whose answer was lost. */
  async #decide(isMeant: (upload: UploadRecord) => boolean): Promise<void> {
    const { store, now } = this.#world;
    for (const upload of await this.#world.uploads()) {
      if (upload.state !== "uncertain" || !isMeant(upload)) continue;
      const file = this.metrika.files.find(({ comment }) => comment === commentOf(upload));
      const decision = file ? ({ kind: "found", metrikaUploadId: file.id } as const) : ({ kind: "resend" } as const);
      expect(await resolveUpload(store, upload, decision, now)).toBe("resolved");
      this.#heldAttempts.delete(upload.id);
    }
  }

  /** The worker has just looked: what should have gone by now is flagged. */
  async #checkLate(): Promise<void> {
    for (const { state, deadline, lateAt } of await this.#world.uploads())
      if (isUnsent(state) && deadline !== null && deadline <= this.#world.now) expect(lateAt).not.toBeNull();
  }

  /** The price at which each fact was told last, as its senders were answered. */
  lastTold(): ReadonlyMap<string, string> {
    return new Map(this.#acknowledged.map(({ told }) => [String(told.visitor), `${told.price} ${told.currency}`]));
  }

  #note(told: readonly Told[], result: SliceResult, whole: boolean): void {
    const { batchId, warnings } = result;
    expect(result.accepted + result.duplicates.length).toBe(told.length);
    if (whole) this.#batches.push(batchId);
    const stale = new Set(warnings.filter(({ code }) => code === "stale_revision").map(({ row }) => row));
    for (const [row, one] of told.entries()) if (!stale.has(row)) this.#acknowledged.push({ batchId, told: one });
  }

  async #begin(told: readonly Told[]): Promise<void> {
    if (this.#begun !== null) return;
    const result = await this.#world.begin(told.map(conversionOf), { received: told.length });
    this.#begun = result.batchId;
    this.#note(told, result, false);
  }

  async #finish(): Promise<void> {
    if (this.#begun === null) return;
    await this.#world.commit({ ...this.#world.slice([]), batchId: this.#begun });
    this.#batches.push(this.#begun);
    this.#begun = null;
  }

  #forgetBegun(): void {
    this.#acknowledged = this.#acknowledged.filter(({ batchId }) => batchId !== this.#begun);
    this.#begun = null;
  }

  /** A worker that dies while it sends, before or after the file arrived; its lease runs out. */
  async #die(arrived: boolean): Promise<void> {
    const { store, now } = this.#world;
    const claim = `dead ${++this.#deaths}`;
    await planUploads(this.#deps);
    const [upload] = await this.#world.claim(["planned"], claim, { limit: 1 });
    if (!upload) return;
    const step = { id: upload.id, claim, from: "planned", to: "sending", facts: {}, attempt: null } as const;
    expect(await store.uploads.move({ ...step, keepClaim: true, now })).toBe(true);
    if (!arrived) return;
    const pages = await Array.fromAsync(store.uploads.lines(upload.id, 100));
    const lines = pages.flat().map((line) => csvRow(line.conversion, line.identifiers));
    this.metrika.take(commentOf(upload), csvHeader() + lines.join(""));
  }

  async #rows(): Promise<readonly BatchRow[]> {
    return (await Promise.all(this.#batches.map((id) => this.#world.rowsOf(id)))).flat();
  }

  /** The invariants. */
  async check(): Promise<void> {
    await this.#checkUploads();
    for (const batchId of this.#batches) await this.#checkBatch(batchId);
  }

  async #checkUploads(): Promise<void> {
    const inOpenFile = new Set<number>();
    for (const upload of await this.#world.uploads()) {
      const before = this.#states.get(upload.uuid) ?? "filling";
      expect(reachableFrom(before)).toContain(upload.state);
      this.#states.set(upload.uuid, upload.state);
      this.#checkHeld(upload);
      if (upload.lateAt !== null) expect(upload.lateAt).toBeGreaterThanOrEqual(upload.deadline ?? Infinity);
      expect(upload.rows).toBeGreaterThan(0);
      const lines = (await Array.fromAsync(this.#world.store.uploads.lines(upload.id, 2))).flat();
      // The rows of a failed file may have gone into another one; it keeps its numbers.
      if (upload.state === "failed") expect(lines.length).toBeLessThanOrEqual(upload.rows);
      else expect(lines).toHaveLength(upload.rows);
      expect(lines.filter(({ conversion }) => conversion.currency !== upload.currency)).toEqual([]);
      if (!OPEN.includes(upload.state)) continue;
      for (const { id } of lines) {
        expect(inOpenFile).not.toContain(id);
        inOpenFile.add(id);
      }
    }
    const comments = this.metrika.files.map(({ comment }) => comment);
    expect(new Set(comments).size).toBe(comments.length);
  }

  /** Under the policy hold, what is uncertain is sent again by nobody but a person. */
  #checkHeld({ id, state, attempts, uncertainPolicy }: UploadRecord): void {
    const before = this.#heldAttempts.get(id);
    if (before !== undefined) expect(attempts).toBe(before);
    if (state === "uncertain" && uncertainPolicy === "hold") this.#heldAttempts.set(id, attempts);
  }

  async #checkBatch(batchId: number): Promise<void> {
    const { batches } = this.#world.store;
    const batch = await this.#world.batch(batchId);
    const rows = await this.#world.rowsOf(batchId);
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: batch.total }, (_, row) => row));
    expect(rows.filter(({ kind }) => kind === "duplicate")).toHaveLength(batch.duplicates);
    expect(batch.rejected).toBe(0);

    const inFiles = countBy(rows, (row) => row.upload?.uuid ?? null);
    const counted = (await batches.uploadsOf(batchId)).map((u) => [u.uuid, u.batchRows + u.batchDuplicates] as const);
    expect(new Map(counted)).toEqual(inFiles);
    const aside = countBy(rows, ({ upload, setAside }) => (upload === null && isResting(setAside) ? setAside : null));
    const setAside = (await batches.setAsideOf(batchId)).flatMap((one) => Array<string>(one.rows).fill(one.reason));
    expect(countBy(setAside, (reason) => reason)).toEqual(aside);

    expect(batch.processed).toBe(rows.filter(({ upload }) => upload?.state === "completed").length);
    expect(batch.status).toBe(statusOf(rows));
    const before = this.#seen.get(batchId);
    expect(batch.processed).toBeGreaterThanOrEqual(before?.processed ?? 0);
    expect(batch.statusVersion).toBeGreaterThanOrEqual(before?.statusVersion ?? 0);
    this.#seen.set(batchId, batch);
  }
}

function depsOf(
  world: World,
  store: Store,
  metrika: ScriptedMetrika,
  filesFolder: string,
  holder: string,
): DeliveryDeps {
  const rules = {
    ...defaultRules,
    ...{ lingerMs: MINUTE, maxRows: 3, pollMs: MINUTE, readBackMs: [15_000, MINUTE, 5 * MINUTE] },
    ...{ goalRecheckMs: 10 * MINUTE, retry: { firstMs: 10_000, limitMs: MINUTE } },
  };
  return {
    store,
    metrika: metrika.client as MetrikaClient,
    vault,
    housekeeping: askEachTime(store.leases, holder),
    log: { info() {}, warn() {} },
    filesFolder,
    now: () => world.now,
    random: () => 0.5,
    newUuid: () => world.uuid(),
    breathe: async () => {},
    rules,
    plans: createLoginPlans(store.quota, rules, () => world.now),
  };
}

/** The product's trusts its last answer for two seconds, in which a whole history is over. */
function askEachTime(leases: LeaseStore, holder: string): Housekeeping {
  let mine = false;
  return {
    holder,
    async isMine() {
      mine = await leases.take("housekeeping", holder, 10_000);
      return mine;
    },
    wasMine: () => mine,
    release: () => leases.release("housekeeping", holder),
  };
}
