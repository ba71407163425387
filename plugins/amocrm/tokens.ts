import { createHash } from "node:crypto";
import { parseExactJson, type SourceContext } from "metrika-gateway/plugin";
import * as v from "valibot";
import type { Config } from "./config.ts";
import { noAnswer, oauthRefused, refusalOf, tokenMissing } from "./refusals.ts";

type Source = Pick<SourceContext<Config>, "config" | "state" | "fetch" | "signal" | "now">;

/** As they are kept in the source's state. `of` tells which code they were exchanged for. */
const Kept = v.object({
  of: v.string(),
  access_token: v.string(),
  refresh_token: v.string(),
  /** Unix milliseconds. */
  expires_at: v.number(),
});

const Issued = v.object({
  access_token: v.pipe(v.string(), v.minLength(1)),
  refresh_token: v.pipe(v.string(), v.minLength(1)),
  expires_in: v.number(),
});

type Kept = v.InferOutput<typeof Kept>;
type OAuth = NonNullable<Config["oauth"]>;

/** A token that lives no longer than this is renewed at once. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/**
 * The token to ask the API with: the long-lived one, else one of the integration's, exchanged for its code at first and renewed
 * when it runs out. A refresh token works once, so only one gateway at a time renews it.
 * @param refused a token that the API has just refused, and which is therefore not given again
 * @throws {Unusable} `token_missing`, `token_refused`
 * @throws {RetryLater} when amoCRM gives none now
 */
export async function accessToken(source: Source, refused: string | null = null): Promise<string> {
  const { access_token, oauth } = source.config;
  if (access_token !== undefined) return access_token;
  if (oauth === undefined) throw tokenMissing();
  const usable = async () => {
    const kept = await keptTokens(source, oauth);
    const lives = kept !== null && kept.expires_at - RENEWED_BEFORE_MS > source.now().getTime();
    return { kept, token: lives && kept.access_token !== refused ? kept.access_token : null };
  };
  const { token } = await usable();
  if (token !== null) return token;
  return source.state.exclusively(async () => {
    // Another may have renewed it while this one waited for its turn.
    const now = await usable();
    if (now.token !== null) return now.token;
    const issued = await askForTokens(source, oauth, now.kept);
    await source.state.set("tokens", issued);
    return issued.access_token;
  });
}

async function keptTokens(source: Source, oauth: OAuth): Promise<Kept | null> {
  const kept = v.safeParse(Kept, await source.state.get("tokens"));
  return kept.success && kept.output.of === fingerprint(oauth) ? kept.output : null;
}

async function askForTokens(source: Source, oauth: OAuth, kept: Kept | null): Promise<Kept> {
  const { client_id, client_secret, redirect_uri, code } = oauth;
  const grant =
    kept === null
      ? { grant_type: "authorization_code", code }
      : { grant_type: "refresh_token", refresh_token: kept.refresh_token };
  const asked = source.now().getTime();
  const response = await source
    .fetch(`https://${source.config.domain}/oauth2/access_token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_id, client_secret, redirect_uri, ...grant }),
      signal: source.signal,
    })
    .catch((error) => {
      throw noAnswer(error);
    });
  if ([400, 401, 403].includes(response.status)) throw oauthRefused(response.status);
  if (!response.ok) throw refusalOf(response.status, response.headers.get("retry-after"));
  const issued = v.safeParse(
    Issued,
    await response
      .text()
      .then(parseExactJson)
      .catch(() => null),
  );
  if (!issued.success) throw noAnswer(new Error("The answer holds no tokens."));
  const { access_token, refresh_token, expires_in } = issued.output;
  return { of: fingerprint(oauth), access_token, refresh_token, expires_at: asked + expires_in * 1000 };
}

/** Another code or integration means that a person has connected anew. */
function fingerprint({ client_id, code }: OAuth): string {
  return createHash("sha256").update(`${client_id}\n${code}`).digest("base64url").slice(0, 22);
}
