import type { Localized } from "../core/language.ts";
import type { SourcePlugin } from "../core/plugin/contract.ts";
import { ProblemError } from "../core/plugin/problem.ts";
import type { ProblemCode } from "../core/plugin/problem-catalogue.ts";
import { hmac } from "../core/plugin/verifiers/hmac.ts";
import type { Proof, SenderVerifier } from "../core/plugin/verifiers/verifier.ts";
import type { SecretsOf } from "../core/sources/sender-secrets.ts";
import type { SourceRecord } from "../core/store/store.ts";
import type { ReceivedRequest } from "./received-request.ts";

/** How the senders of one plugin are verified. */
export interface SenderCheck {
  /** Whether an address may hold a secret, so that no log may show it. */
  readonly hidesAddress: boolean;
  /** At once where headers or address tell; `source` is null where there is none. */
  prove(request: ReceivedRequest, source: SourceRecord | null): Proof | Promise<Proof>;
  /** Where the proof travels; null where that depends on the source. */
  readonly place: Localized | null;
  /** What {@link refusal} may be. */
  readonly problems: readonly ProblemCode[];
  /** How a proof that is not right is answered. */
  refusal(proof: Exclude<Proof, "right">): ProblemError;
}

/** What senders are verified with; `configOf` gives null for a config that the plugin cannot read. */
export interface SenderCheckDeps {
  readonly secretsOf: SecretsOf;
  readonly configOf: (source: SourceRecord) => { readonly config: unknown } | null;
  readonly now: () => number;
}

/** Makes the check of a plugin with routes. */
export function createSenderCheck(verify: NonNullable<SourcePlugin["verify"]>, deps: SenderCheckDeps): SenderCheck {
  return typeof verify === "function" ? checkByConfig(verify, deps) : checkBy(verify, deps);
}

/** A missing proof and a stale one are told apart, since that follows from the request alone. */
function checkBy(verifier: SenderVerifier, deps: SenderCheckDeps): SenderCheck {
  const { place, keeps } = verifier;
  return {
    hidesAddress: verifier.reads === "address",
    place,
    problems:
      keeps === "hash"
        ? ["secret_missing", "secret_wrong"]
        : ["signature_missing", "signature_wrong", "signature_stale"],
    prove: (request, source) => prove(verifier, request, source, deps),
    refusal(proof) {
      if (proof === "stale") return new ProblemError("signature_stale", { now: new Date(deps.now()).toISOString() });
      if (keeps === "hash") {
        return proof === "missing" ? new ProblemError("secret_missing", { place }) : new ProblemError("secret_wrong");
      }
      return proof === "missing"
        ? new ProblemError("signature_missing", { place })
        : new ProblemError("signature_wrong");
    },
  };
}

/** Stands in for the verifier that an unknown source does not have. */
const nobodys = hmac({ header: "x-signature", algorithm: "sha256", encoding: "hex" });

/**
 * Where the verifier depends on the config, an unknown source has none. So the body is read first whatever comes after, and
 * all refusals are one: what a sender is asked for would tell that there is a source.
 */
function checkByConfig(choose: (config: unknown) => SenderVerifier, deps: SenderCheckDeps): SenderCheck {
  const chosen = new WeakMap<SourceRecord, SenderVerifier>();
  function verifierOf(source: SourceRecord | null): SenderVerifier | null {
    const known = source && (chosen.get(source) ?? deps.configOf(source));
    if (known === null || "reads" in known) return known;
    const verifier = choose(known.config);
    chosen.set(source as SourceRecord, verifier);
    return verifier;
  }
  return {
    hidesAddress: true,
    place: null,
    problems: ["secret_wrong"],
    async prove(request, source) {
      await request.raw();
      const verifier = verifierOf(source);
      return verifier === null ? prove(nobodys, request, null, deps) : prove(verifier, request, source, deps);
    },
    refusal: () => new ProblemError("secret_wrong"),
  };
}

function prove(
  verifier: SenderVerifier,
  request: ReceivedRequest,
  source: SourceRecord | null,
  { secretsOf, now }: SenderCheckDeps,
): Proof | Promise<Proof> {
  const at = now();
  const secrets = secretsOf(source, verifier, at);
  if (verifier.reads === "headers") return verifier.verify(request.headers, secrets);
  if (verifier.reads === "address") return verifier.verify(request.url, secrets);
  const refused = verifier.refuse(request.headers, at);
  if (refused !== null) return refused;
  request.messageId = verifier.messageId?.(request.headers) ?? null;
  return verifier.verify(request, secrets);
}
