import type { SourcePlugin } from "../plugin/contract.ts";
import type { SenderVerifier } from "../plugin/verifiers/verifier.ts";
import type { OpenedConfig } from "./open-config.ts";

/**
 * How the senders of a source prove themselves; null where it has none, and where its config chooses the verifier and cannot
 * be read.
 */
export function verifierOf({ verify }: SourcePlugin, opened: OpenedConfig): SenderVerifier | null {
  if (typeof verify !== "function") return verify;
  if (!opened.ok) return null;
  try {
    return verify(opened.config);
  } catch {
    return null;
  }
}
