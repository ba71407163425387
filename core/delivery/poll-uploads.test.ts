import { expect, test } from "bun:test";
import { tokenContext } from "../vault/token-context.ts";
import { createVault } from "../vault/vault.ts";
import type { DeliveryDeps } from "./deps.ts";
import { pollUploads } from "./poll-uploads.ts";
import { defaultRules } from "./rules.ts";
import { commentOf } from "./send-upload.ts";
import { exampleError, exampleUpload, exampleUploading, NOW } from "./upload-examples.ts";

const files = [1, 2, 3].map((id) => exampleUpload({ id, uuid: `file ${id}`, state: "sent" }));

/** One counter's files at a Metrika that lists them or fails; what happens is noted in its order. */
async function poll(metrikaAnswers: boolean): Promise<readonly string[]> {
  const happened: string[] = [];
  const vault = createVault(new Uint8Array(32).fill(7));
  const sealedToken = vault.seal("token", tokenContext("c"));
  const credential = { id: 7, uuid: "c", sealedToken, tokenHash: "h", login: null, pausedUntil: null, pauses: 0 };
  const list = async () => {
    if (!metrikaAnswers) throw exampleError("unavailable");
    return files.map((file) => exampleUploading({ id: String(file.id), comment: commentOf(file) }));
  };
  const deps = {
    ...{ vault, rules: defaultRules, now: () => NOW, random: () => 0.5, log: { info() {}, warn() {} } },
    metrika: { uploadings: { list } },
    plans: { rulesFor: async () => ({ ...defaultRules, isSplit: true, isOneByOne: true }) },
    store: {
      credentials: { get: async () => credential },
      uploads: { move: async ({ id }: { readonly id: number }) => happened.push(`file ${id}`) > 0 },
    },
    breathe: async () => void happened.push("others"),
  };
  // The rest of what delivery works with is not asked here.
  await pollUploads(deps as unknown as DeliveryDeps, files, "mine", 0, new AbortController().signal);
  return happened;
}

test.each([true, false])(
  "between two files of one list others have their turn (Metrika answers: %p)",
  async (answers) => {
    expect(await poll(answers)).toEqual(["file 1", "others", "file 2", "others", "file 3", "others"]);
  },
);
