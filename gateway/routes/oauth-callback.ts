import type { Context } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";
import type { ConsentAnswer, UnderWay } from "../../core/accounts/connect-account.ts";
import { ProblemError, problemDocument } from "../../core/plugin/problem.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { addressOf } from "../http/own-path.ts";
import { recordConnected } from "./account-audit.ts";
import type { RouteDeps } from "./deps.ts";
import { callbackPage } from "./oauth-callback-page.ts";

/** Where Yandex sends the browser back to: the Redirect URI of the application. */
export const CALLBACK_PATH = "/oauth/yandex/callback";

/** How the cookie that binds a connection to its browser is kept. Lax: it must come along when Yandex sends the browser back. */
export function browserCookie(publicUrl: string) {
  const { protocol, pathname } = new URL(publicUrl);
  const path = `${pathname.replace(/\/$/, "")}/oauth`;
  return { path, httpOnly: true, sameSite: "Lax", secure: protocol === "https:" } as const;
}

/** The page that ends a connection in a browser. */
export function oauthCallbackRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { connections, publicUrl } = deps;

  router.get(CALLBACK_PATH, async (c) => {
    const { state = "", code, error, error_description: description } = c.req.query();
    const underWay = await connections.find(state.slice(0, 200));
    if (underWay === null) return refused(c, null, new ProblemError("oauth_state_unknown"));
    const answer = answerOf(code, error, description);
    if (!underWay.isBrowser(getCookie(c, underWay.cookieName) ?? null)) return elsewhere(c, underWay, answer);
    deleteCookie(c, underWay.cookieName, browserCookie(publicUrl));
    try {
      const connected = await connections.finish(state, answer);
      await recordConnected(deps, c, underWay, connected);
      const { returnTo } = underWay;
      if (returnTo !== null)
        return c.redirect(addressOf(publicUrl, returnTo, { account_id: connected.account.uuid }), 303);
      return callbackPage(c, 200, languageOf(c), { kind: "connected", login: connected.account.login });
    } catch (failure) {
      if (failure instanceof ProblemError) return refused(c, underWay, failure);
      throw failure;
    }
  });

  /** Begun by a program, the browser only carries the code to it; begun in another browser, it is nobody's. */
  function elsewhere(c: Context<GatewayEnv>, underWay: UnderWay, answer: ConsentAnswer) {
    if (underWay.actor.kind === "user" || "error" in answer)
      return refused(c, null, new ProblemError("oauth_state_unknown"));
    return callbackPage(c, 200, languageOf(c), { kind: "code", code: answer.code });
  }

  function refused(c: Context<GatewayEnv>, underWay: UnderWay | null, problem: ProblemError) {
    const returnTo = underWay?.returnTo ?? null;
    if (returnTo !== null) return c.redirect(addressOf(publicUrl, returnTo, { error: problem.code }), 303);
    const language = languageOf(c);
    const { title, detail } = problemDocument(problem, { language, requestId: c.env.requestId });
    return callbackPage(c, problem.status, language, { kind: "refused", title: String(title), detail: String(detail) });
  }

  return router;
}

/** https://yandex.ru/dev/id/doc/en/codes/code-url */
function answerOf(code = "", error = "", description?: string): ConsentAnswer {
  return error === "" ? { code } : { error, description: description ?? null };
}
