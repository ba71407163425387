import type { Conversion } from "../conversion/conversion.ts";
import type { Vault } from "../vault/vault.ts";

/** The keyed hash by which a purchase of one counter and target is known, whatever its time; null without a purchase. */
export function purchaseKey(
  vault: Vault,
  counter: { readonly workspaceId: number; readonly counterId: number },
  { target, purchaseId }: Pick<Conversion, "target" | "purchaseId">,
): string | null {
  if (purchaseId === "") return null;
  return vault.hmac("purchase", `${counter.workspaceId}\n${counter.counterId}\n${target}\n${purchaseId}`);
}
