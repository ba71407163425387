import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { Fetch } from "../../core/metrika/http.ts";

/** The claims or the header of a token; undefined leaves out what it would have by itself. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * How the project is to be reached: well; not at all; it never answers; its proxy answers 502; it wants fewer
 * questions (429); something else answers in its place.
 */
export type Reachability = "well" | "refused" | "silent" | "broken" | "throttled" | "garbled";

/** A Supabase project in this process: its keys, its people, and the addresses under `/auth/v1` that a verifier asks. */
export interface FakeSupabase {
  readonly url: string;
  readonly publishableKey: string;
  readonly fetch: Fetch;
  /** How often each address was asked, answered or not. */
  readonly asked: { jwks: number; user: number };
  /** The id of the key that signs. */
  readonly keyId: string;
  /** Whom tokens are signed for when nobody else is named. */
  readonly person: {
    readonly subject: string;
    readonly email: string;
    readonly name: string;
    readonly sessionId: string;
  };
  reachability: Reachability;
  /** A token signed by the key in use. */
  sign(claims?: Members, header?: Members): string;
  /** A token as projects issue it that have a shared secret. */
  signWithSecret(claims?: Members, header?: Members): string;
  /** Makes a key and signs with it from now on; the former ones stay published. */
  rotate(algorithm?: "ES256" | "RS256"): void;
  /** Revokes a key: it is no longer published. */
  withdraw(keyId: string): void;
  /** Publishes something beside the keys there are. */
  publish(key: Members): void;
  /** Signs a session out. */
  end(sessionId: string): void;
  /** The public half of the key in use, as PEM. */
  publicKeyText(): string;
}

interface Key {
  readonly algorithm: "ES256" | "RS256";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part = ""): Members => JSON.parse(Buffer.from(part, "base64url").toString());
const hmac = (text: string, secret: string) => createHmac("sha256", secret).update(text).digest();

/** A token of any header and claims, signed by whatever is given. */
export function token(header: Members, claims: Members, signature: (text: string) => Buffer): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${signature(text).toString("base64url")}`;
}

/** As JSON Web Signatures have it, an ECDSA signature is the two numbers and no DER: RFC 7518 §3.4. */
const encoding = { dsaEncoding: "ieee-p1363" } as const;

function newKey(algorithm: Key["algorithm"]): Key {
  const pair =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { algorithm, ...pair };
}

/** Founds a project with one key (ES256) and a shared secret. */
export function createFakeSupabase({ now }: { readonly now: () => number }): FakeSupabase {
  const url = "https://project.supabase.test";
  const publishableKey = "sb_publishable_fake";
  const secret = randomUUID();
  const keys = new Map<string, Key>();
  const others: Members[] = [];
  const ended = new Set<unknown>();
  const asked = { jwks: 0, user: 0 };
  const person = { subject: randomUUID(), email: "anna@example.com", name: "Анна", sessionId: randomUUID() };
  let current = { id: randomUUID() as string, key: newKey("ES256") };
  keys.set(current.id, current.key);

  const claimsOf = (claims: Members) => ({
    iss: `${url}/auth/v1`,
    aud: "authenticated",
    sub: person.subject,
    role: "authenticated",
    iat: Math.floor(now() / 1000),
    exp: Math.floor(now() / 1000) + 3600,
    email: person.email,
    session_id: person.sessionId,
    is_anonymous: false,
    user_metadata: { full_name: person.name },
    ...claims,
  });

  function isSigned(parts: readonly string[]): boolean {
    const { alg, kid } = decode(parts[0]);
    const [text, signature] = [`${parts[0]}.${parts[1]}`, Buffer.from(parts[2] ?? "", "base64url")];
    if (alg === "HS256") {
      const right = hmac(text, secret);
      return signature.length === right.length && timingSafeEqual(signature, right);
    }
    const key = keys.get(String(kid));
    return key !== undefined && verify("sha256", Buffer.from(text), { key: key.publicKey, ...encoding }, signature);
  }

  function answerUser(headers: Headers): Response {
    // What the gateway before Supabase Auth says.
    if (headers.get("apikey") !== publishableKey) return Response.json({ message: "Invalid API key" }, { status: 401 });
    const parts = headers.get("authorization")?.replace("Bearer ", "").split(".") ?? [];
    const claims = decode(parts[1]);
    const isValid = isSigned(parts) && Number(claims.exp) * 1000 > now();
    if (!isValid) return refusal("bad_jwt", "invalid JWT: unable to parse or verify signature");
    if (ended.has(claims.session_id))
      return refusal("session_not_found", "Session from session_id claim does not exist");
    const { sub: id, email, role, aud, is_anonymous, user_metadata } = claims;
    return Response.json({ id, email, role, aud, is_anonymous, user_metadata });
  }

  const refusal = (code: string, message: string) =>
    Response.json({ code, message }, { status: 403, headers: { "x-supabase-api-version": "2024-01-01" } });

  function answer(path: string, headers: Headers): Response {
    if (path === "/auth/v1/user") return answerUser(headers);
    if (path !== "/auth/v1/.well-known/jwks.json") return new Response("Not found", { status: 404 });
    const published = [...keys].map(([kid, { algorithm, publicKey }]) => ({
      ...publicKey.export({ format: "jwk" }),
      ...{ kid, alg: algorithm, use: "sig", key_ops: ["verify"], ext: true },
    }));
    return Response.json({ keys: [...others, ...published] });
  }

  const fake: FakeSupabase = {
    url,
    publishableKey,
    asked,
    person,
    reachability: "well",
    get keyId() {
      return current.id;
    },
    async fetch(address, init) {
      const { pathname } = new URL(address);
      asked[pathname.endsWith("/user") ? "user" : "jwks"] += 1;
      if (fake.reachability === "refused") throw new TypeError("Unable to connect");
      if (fake.reachability === "silent") await untilAborted(init.signal);
      if (fake.reachability === "broken") return new Response("<h1>Bad gateway</h1>", { status: 502 });
      if (fake.reachability === "throttled") return Response.json({ message: "Too many requests" }, { status: 429 });
      if (fake.reachability === "garbled") return Response.json(null);
      return answer(pathname, new Headers(init.headers));
    },
    sign(claims = {}, header = {}) {
      const { id: kid, key } = current;
      return token({ alg: key.algorithm, typ: "JWT", kid, ...header }, claimsOf(claims), (text) =>
        sign("sha256", Buffer.from(text), { key: key.privateKey, ...encoding }),
      );
    },
    signWithSecret(claims = {}, header = {}) {
      return token({ alg: "HS256", typ: "JWT", ...header }, claimsOf(claims), (text) => hmac(text, secret));
    },
    rotate(algorithm = "ES256") {
      current = { id: randomUUID(), key: newKey(algorithm) };
      keys.set(current.id, current.key);
    },
    withdraw: (keyId) => void keys.delete(keyId),
    publish: (key) => void others.push(key),
    end: (sessionId) => void ended.add(sessionId),
    publicKeyText: () => current.key.publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
  return fake;
}

/** Waits until the asker gives up, and fails as fetch then does. */
function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
