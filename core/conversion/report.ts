import type { Finding } from "./findings.ts";

const NONE: readonly Finding[] = Object.freeze([]);

/** Gathers what is found in one row. A row without findings costs no array: all such rows share one frozen empty list. */
export class Report {
  #faults: [Finding, ...Finding[]] | null = null;
  #warnings: Finding[] | null = null;

  /** All faults in the order they were found, or null for a good row. */
  get faults(): readonly [Finding, ...Finding[]] | null {
    return this.#faults;
  }

  get warnings(): readonly Finding[] {
    return this.#warnings ?? NONE;
  }

  /** Notes a fault: the row will be refused. */
  refuse(finding: Finding): void {
    if (this.#faults === null) this.#faults = [finding];
    else this.#faults.push(finding);
  }

  /** Notes something the sender should know about a row that is accepted all the same. */
  warn(finding: Finding): void {
    if (this.#warnings === null) this.#warnings = [finding];
    else this.#warnings.push(finding);
  }
}
