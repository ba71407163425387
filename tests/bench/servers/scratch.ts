import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";

const undo = new Set<() => void>();

/** Has something done when this process ends, also by Ctrl-C; what is given back takes the order back. */
export function atEnd(action: () => void): () => void {
  undo.add(action);
  return () => undo.delete(action);
}

process.on("exit", () => {
  // The last first: processes end before their folders go.
  for (const action of [...undo].reverse()) action();
});
// A signal would end the process without the event above.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.on(signal, () => process.exit(code));

/** A folder that is gone at the end at the latest. */
export interface ScratchFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes an empty folder where temporary files stand. */
export async function scratchFolder(): Promise<ScratchFolder> {
  const path = await mkdtemp(`${tmpdir()}/bench-`);
  const kept = atEnd(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      kept();
    },
  };
}
