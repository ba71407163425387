import { randomBytes } from "node:crypto";
import { type Scope, scopes, type World } from "./world.ts";

/** An application registered with Yandex OAuth. */
export interface Application {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Stands on the consent page. */
  readonly name: string;
  /** Where codes may be sent, to the letter; the first is used where a request names none. */
  readonly redirectUris: readonly string[];
  /** The rights it is registered with. */
  readonly scopes: readonly Scope[];
}

/** A new application; what is left out is made up. */
export interface ApplicationSeed {
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly name?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly scopes?: readonly Scope[] | undefined;
}

/** What a person has allowed an application. */
export interface Grant {
  readonly login: string;
  readonly clientId: string;
  readonly scopes: readonly Scope[];
  /** Null: bound to no device, so the application cannot revoke its tokens. */
  readonly deviceId: string | null;
}

/** A code on its way to the application. */
export interface PendingCode {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly challenge: { readonly value: string; readonly method: "S256" | "plain" } | null;
  /** The rights that were asked for; a person may have left some out. */
  readonly askedScopes: readonly Scope[];
  /** Milliseconds since 1970, UTC. */
  readonly expiresAt: number;
}

/** The tokens of a grant, which end together. */
export interface IssuedPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970, UTC. */
  readonly expiresAt: number;
}

/** Applications and what people have allowed them. */
export interface Grants {
  readonly applications: ReadonlyMap<string, Application>;
  /** Registers an application, or registers it anew under the same id; its tokens stay. */
  addApplication(seed: ApplicationSeed): Application;
  addCode(code: PendingCode): string;
  /** Hands a code out once, and only to its application; null for any other code. */
  takeCode(code: string, clientId: string): PendingCode | null;
  /** Makes the first tokens of a grant. */
  issue(grant: Grant, expiresAt: number): IssuedPair;
  /** The living refresh token of an application, or null. */
  findRefreshToken(refreshToken: string, clientId: string): { readonly grant: Grant; readonly pair: IssuedPair } | null;
  /** Replaces the refresh token; access tokens that were issued earlier live on to their own end. */
  rotate(grant: Grant, accessToken: "new" | "same", expiresAt: number): IssuedPair;
  grantOf(accessToken: string): Grant | null;
  /** Ends everything that the chosen have: access tokens, whatever they come from, refresh tokens and codes. */
  end(chosen: (owner: Pick<Grant, "login" | "clientId">) => boolean): void;
  /** Ends an access token and all that comes from the same grant. */
  endToken(accessToken: string): void;
  /** Registers an application with other rights, which ends all its tokens. */
  changeRights(clientId: string, scopes: readonly Scope[]): void;
}

// https://yandex.ru/dev/id/doc/en/tokens/token-invalidate
const MAX_DEVICES = 30;

/** No applications yet; access tokens are put into the world. */
export function createGrants(world: World): Grants {
  const applications = new Map<string, Application>();
  const codes = new Map<string, PendingCode>();
  const pairs = new Map<Grant, IssuedPair>();
  const accessTokens = new Map<string, Grant>();

  function keep(grant: Grant, pair: IssuedPair): IssuedPair {
    pairs.set(grant, pair);
    accessTokens.set(pair.accessToken, grant);
    world.addToken(pair.accessToken, { ...grant, expiresAt: pair.expiresAt });
    return pair;
  }

  const end: Grants["end"] = (chosen) => {
    for (const [code, { grant }] of codes) if (chosen(grant)) codes.delete(code);
    for (const grant of pairs.keys()) if (chosen(grant)) pairs.delete(grant);
    for (const [token, owner] of world.tokens) {
      if (!chosen(accessTokens.get(token) ?? owner)) continue;
      accessTokens.delete(token);
      world.killToken(token);
    }
  };

  function addApplication(seed: ApplicationSeed): Application {
    const { clientId, clientSecret = randomBytes(16).toString("hex"), name = clientId, redirectUris } = seed;
    const wrong = redirectUris.find((uri) => !URL.canParse(uri));
    if (wrong !== undefined) throw new Error(`The redirect address ${wrong} is no address`);
    const application = { clientId, clientSecret, name, redirectUris, scopes: seed.scopes ?? scopes };
    applications.set(clientId, application);
    return application;
  }

  /** Beyond its limit of devices an application loses the oldest. */
  function endOldestDevice({ login, clientId }: Grant): void {
    const sameUser = (grant: Grant) => grant.deviceId !== null && grant.login === login && grant.clientId === clientId;
    const devices = [...pairs.keys()].filter(sameUser);
    if (devices.length > MAX_DEVICES) end((grant) => grant === devices[0]);
  }

  return {
    ...{ applications, addApplication, end },
    addCode(pending) {
      const code = randomBytes(8).toString("hex");
      codes.set(code, pending);
      return code;
    },
    takeCode(code, clientId) {
      const pending = codes.get(code);
      if (pending?.grant.clientId !== clientId) return null;
      codes.delete(code);
      return pending;
    },
    issue(grant, expiresAt) {
      const pair = keep(grant, { accessToken: newAccessToken(), refreshToken: newRefreshToken(), expiresAt });
      endOldestDevice(grant);
      return pair;
    },
    findRefreshToken(refreshToken, clientId) {
      for (const [grant, pair] of pairs)
        if (pair.refreshToken === refreshToken && grant.clientId === clientId) return { grant, pair };
      return null;
    },
    rotate(grant, which, expiresAt) {
      const current = pairs.get(grant);
      const accessToken = which === "same" && current !== undefined ? current.accessToken : newAccessToken();
      return keep(grant, { accessToken, refreshToken: newRefreshToken(), expiresAt });
    },
    grantOf: (accessToken) => accessTokens.get(accessToken) ?? null,
    endToken(accessToken) {
      const grant = accessTokens.get(accessToken);
      if (grant === undefined) world.killToken(accessToken);
      else end((one) => one === grant);
    },
    changeRights(clientId, changed) {
      const application = applications.get(clientId);
      if (application === undefined) throw new Error(`There is no application ${clientId}`);
      addApplication({ ...application, scopes: changed });
      end((owner) => owner.clientId === clientId);
    },
  };
}

const newAccessToken = () => `y0_${randomBytes(32).toString("base64url")}`;
const newRefreshToken = () => `1:${randomBytes(12).toString("base64url")}:${randomBytes(32).toString("base64url")}`;
