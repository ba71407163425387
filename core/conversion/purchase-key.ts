import type { Conversion } from "./conversion.ts";

/** Own keys outlive their rows: a deal won again after a year is still the same deal. In milliseconds. */
export const PURCHASE_KEYS_KEPT_MS = 400 * 86_400_000;

/** The keyed hash by which a purchase of one counter and target is known, whatever its time; null without a purchase. */
export function purchaseKey(
  vault: { hmac(purpose: string, value: string): string },
  counter: { readonly workspaceId: number; readonly counterId: number },
  { target, purchaseId }: Pick<Conversion, "target" | "purchaseId">,
): string | null {
  if (purchaseId === "") return null;
  return vault.hmac("purchase", `${counter.workspaceId}\n${counter.counterId}\n${target}\n${purchaseId}`);
}
