import { randomBytes } from "node:crypto";
import { ProblemError } from "../plugin/problem.ts";
import type { SetupCodeRecord, SetupCodeStore } from "../store/store.ts";
import { type RandomBytes, secretHashHex } from "../vault/secrets.ts";
import type { Vault } from "../vault/vault.ts";
import { createGuessLimit } from "./guess-limit.ts";
import type { Memberships } from "./memberships.ts";

/** What setup codes are made and checked with. */
export interface SetupCodeDeps {
  readonly store: { readonly setupCodes: SetupCodeStore };
  readonly vault: Vault;
  readonly memberships: Memberships;
  /** The workspace that the code makes somebody the owner of. */
  readonly firstWorkspaceId: number;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** The code by which the first owner comes in, or another one when all owners are lost. Whoever reads it can take the installation. */
export interface SetupCodes {
  /** The open code, made where nobody owns the first workspace; null where there is none and none is needed. */
  current(): Promise<string | null>;
  /** Makes another one; the former is worth nothing any more. */
  renew(): Promise<string>;
  /**
   * Judges a code without using it up.
   * @param by who guesses, by what wrong guesses are counted
   * @throws {ProblemError} `setup_code_wrong`, `setup_code_throttled`
   */
  check(code: string, by: string): Promise<void>;
  /**
   * Uses a code up: the person owns the first workspace from now on.
   * @throws {ProblemError} as {@link SetupCodes.check}
   */
  use(code: string, userId: number): Promise<void>;
}

/** Crockford's letters: none is taken for another. https://www.crockford.com/base32.html */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Five random bits each, 80 in all. */
const LENGTH = 16;

/** Makes the setup codes of one process. */
export function createSetupCodes(deps: SetupCodeDeps): SetupCodes {
  const { vault, firstWorkspaceId, now } = deps;
  const { setupCodes } = deps.store;
  const guesses = createGuessLimit(now);

  function fresh(): { readonly code: string; readonly record: SetupCodeRecord } {
    const code = newSetupCode();
    const uuid = deps.newUuid();
    const sealedCode = vault.seal(code, contextOf(uuid));
    return { code, record: { uuid, hash: hashOf(code), sealedCode, createdAt: now() } };
  }

  function refuse(by: string): never {
    guesses.count(by);
    throw new ProblemError("setup_code_wrong");
  }

  return {
    async current() {
      const open = await setupCodes.ensure(fresh().record, firstWorkspaceId);
      return open && vault.open(open.sealedCode, contextOf(open.uuid));
    },
    async renew() {
      const { code, record } = fresh();
      await setupCodes.replace(record, firstWorkspaceId);
      return code;
    },
    async check(code, by) {
      guesses.check(by);
      if (!(await setupCodes.isOpen(hashOf(code)))) refuse(by);
    },
    async use(code, userId) {
      const by = `user:${userId}`;
      guesses.check(by);
      const use = { hash: hashOf(code), userId, workspaceId: firstWorkspaceId, now: now() };
      if (!(await setupCodes.use(use))) refuse(by);
      deps.memberships.forget(userId);
    },
  };
}

/** A fresh code, such as `7KQ2-M0VD-93XH-RTB6`. */
export function newSetupCode(random: RandomBytes = randomBytes): string {
  const letters = Array.from(random(LENGTH), (byte) => ALPHABET[byte & 31]);
  return [0, 4, 8, 12].map((from) => letters.slice(from, from + 4).join("")).join("-");
}

/** Of the code as it was meant: people write small letters, leave hyphens out, and take 0 for O and 1 for I or L. */
function hashOf(code: string): string {
  const meant = code.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  return secretHashHex(meant);
}

/** Binds a sealed code to its record. */
const contextOf = (uuid: string) => `setup-code:${uuid}`;
