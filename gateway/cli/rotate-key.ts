import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import * as v from "valibot";
import { RefusedError } from "../../core/store/database-errors.ts";
import { KEY_ROTATIONS, ROTATION_STEPS, RotationStep, StartedRotation } from "../routes/key-rotations.ts";
import { whole } from "./figures.ts";
import { asOperator, type Operate } from "./operator.ts";

/** A change that has come to its end. */
interface Changed {
  readonly keptIn: "file" | "environment";
  readonly resealed: number;
  readonly read: number;
  readonly isFormerHeld: boolean;
}

/** `rotate-key`: everything is sealed with another master key, while the gateway serves. */
export function addRotateKeyCommand(program: Command): void {
  program
    .command("rotate-key")
    .description("Change the master key, also while gateways serve. Broken off, it goes on when run again")
    .action(async () => {
      await asOperator(async (operate, config) => {
        const changed = await changeKey(operate);
        console.log(
          `Sealed again: ${whole(changed.resealed)}. Checked: ${whole(changed.read)}, all under the current key.`,
        );
        console.error(changed.keptIn === "file" ? afterFile(config.masterKeyFile) : afterEnvironment(changed));
      });
    });
}

/** @throws {RefusedError} when it cannot come to its end */
async function changeKey(operate: Operate): Promise<Changed> {
  const { key_id, kept_in } = v.parse(StartedRotation, await operate("POST", KEY_ROTATIONS));
  let resealed = 0;
  let isToldToWait = false;
  for (;;) {
    const answer = await operate("POST", ROTATION_STEPS, { key_id });
    const { phase, ...step } = v.parse(RotationStep, answer);
    resealed += step.resealed;
    if (phase === "done") {
      const isFormerHeld = step.previous_key_ids.length > 0;
      return { keptIn: kept_in, resealed, read: step.read, isFormerHeld };
    }
    if (phase === "unreadable") throw new RefusedError(unreadable(step.unreadable, resealed));
    if (phase === "superseded") throw new RefusedError(SUPERSEDED);
    if (phase === "resealing") continue;
    if (!isToldToWait) {
      const seconds = Math.ceil(step.wait_ms / 1000);
      console.error(
        `Sealed again: ${whole(resealed)}. In ${seconds} s, when requests that had begun before are written, everything is checked once more.`,
      );
    }
    isToldToWait = true;
    await sleep(step.wait_ms);
  }
}

const SUPERSEDED =
  "Another master key has become the current one meanwhile: another rotate-key is at work, or the gateway was started with another key. Nothing is lost. When that has ended, run this command again.";

function unreadable(columns: readonly { column: string; texts: number }[], resealed: number): string {
  const where = columns.map(({ column, texts }) => `${whole(texts)} in ${column}`).join(", ");
  return `Sealed again: ${whole(resealed)}. Some texts open with no key at hand: ${where}. The former key was therefore kept, and the gateway goes on with both.
If another key made them, give it in GATEWAY_PREVIOUS_SECRET_KEYS, restart the gateway and run this command again. If they are damaged,
set them anew: tokens of webhooks and accounts, secrets of sources, the OAuth application; refused rows expire after 30 days. Then run it again.`;
}

function afterFile(file: string): string {
  return `The key in ${file} is a new one, and nothing is sealed with the former any more; the gateway has forgotten it.
Make a backup now, and copy the new key to another place than the backups. Keep the copy of the former key as long as backups from
before this change: to restore one, put the former key in GATEWAY_PREVIOUS_SECRET_KEYS.`;
}

function afterEnvironment({ isFormerHeld }: Changed): string {
  return isFormerHeld
    ? `If GATEWAY_SECRET_KEY is the new key on every gateway, take GATEWAY_PREVIOUS_SECRET_KEYS away on one after another: nothing needs it.
If it is still the former one somewhere, let the two change places there and run this command again.
Keep a copy of the former key as long as backups from before this change.`
    : `The environment gives the master key, and no other key is held. To change it without a pause:
1. Make a key: openssl rand -base64 32. Set GATEWAY_PREVIOUS_SECRET_KEYS to it and restart the gateways one after another.
2. Let the two change places, GATEWAY_SECRET_KEY being the new key, and restart the gateways one after another.
3. Run this command again: it seals everything with the new key.
4. Take GATEWAY_PREVIOUS_SECRET_KEYS away and restart the gateways one after another.`;
}
