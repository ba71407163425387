/** What plugins keep of their sources, sealed. */
export interface SourceStateStore {
  /** Null when nothing is kept under the name. */
  get(sourceId: number, name: string): Promise<string | null>;
  set(sourceId: number, name: string, sealed: string, now: number): Promise<void>;
  remove(sourceId: number, name: string): Promise<void>;
}
