import { createRoute } from "@hono/zod-openapi";
import * as v from "valibot";
import { OAUTH_SCOPES, type OauthApplication } from "../../core/accounts/oauth-application.ts";
import type { AuditAction } from "../../core/audit/actions.ts";
import { type Language, type Localized, render } from "../../core/language.ts";
import { isoOrNull } from "../../core/plugin/answers.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter, languageOf } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { addressWarnings } from "../public-address.ts";
import type { RouteDeps } from "./deps.ts";
import { CALLBACK_PATH } from "./oauth-callback.ts";

/** Where applications are registered: https://yandex.ru/dev/id/doc/en/register-client */
const REGISTER_URL = "https://oauth.yandex.ru/client/new";

const rightsWarning = {
  ru: "Если изменить права приложения на oauth.yandex.ru, Яндекс отзовёт все выданные им токены: каждый аккаунт придётся подключить заново.",
  en: "Changing the application's rights at oauth.yandex.ru makes Yandex revoke every token it has issued: each account must then be connected anew.",
} as const satisfies Localized;

const name = {
  ru: "Шлюз Метрики {host}",
  en: "Metrika gateway {host}",
} as const satisfies Localized;

const printable = v.pipe(v.string(), v.trim(), v.minLength(8), v.maxLength(200), v.regex(/^[\x21-\x7e]+$/));

const NewApplication = v.pipe(
  v.strictObject({
    client_id: v.pipe(printable, v.description("ClientID on the application's page")),
    client_secret: v.pipe(printable, v.description("Client secret; stored encrypted and never shown again")),
  }),
  component("NewOauthApplication"),
);

const Application = v.pipe(
  v.object({
    is_set: v.boolean(),
    client_id: v.nullable(v.string()),
    from: v.pipe(
      v.nullable(v.picklist(["environment", "stored"])),
      v.description("`environment`: set by YANDEX_CLIENT_ID and YANDEX_CLIENT_SECRET, which win"),
    ),
    checked_at: v.pipe(v.nullable(v.string()), v.description("When Yandex last accepted id and secret, if known")),
    registration: v.pipe(
      v.object({
        url: v.pipe(v.string(), v.description("Where to register the application")),
        name: v.pipe(v.string(), v.description("A name to give it; people see it when they consent")),
        rights: v.pipe(v.array(v.string()), v.description("Rights to tick")),
        redirect_uri: v.pipe(v.string(), v.description("Redirect URI to copy, to the letter")),
      }),
      v.description("What the registration asks for"),
    ),
    warnings: v.array(v.object({ code: v.string(), message: v.string() })),
  }),
  component("OauthApplication"),
);

const path = "/v1/oauth-application";
const common = { tags: ["Yandex accounts"], ...guarded("install") };
const shown = (description: string) => ({ 200: jsonResponse(Application, { description }) });
const access = [...accessProblems, "forbidden_installation"] as const;

const readApplication = createRoute({
  ...common,
  path,
  method: "get",
  operationId: "readOauthApplication",
  summary: "Read the Yandex OAuth application, and how to register one",
  responses: { ...shown("Whether it is set, and what its registration asks for"), ...problemResponses(...access) },
});

const saveApplication = createRoute({
  ...common,
  path,
  method: "put",
  operationId: "saveOauthApplication",
  summary: "Set the Yandex OAuth application",
  description: "Id and secret are checked at Yandex before they are kept.",
  request: {
    body: jsonBody(NewApplication, {
      description: "As the application's page at oauth.yandex.ru shows them",
      example: { client_id: "d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f", client_secret: "0123456789abcdef0123456789abcdef" },
    }),
  },
  responses: {
    ...shown("The application"),
    ...problemResponses(
      ...([...access, "malformed_json", "invalid_field"] as const),
      ...(["oauth_application_fixed", "oauth_application_refused", "yandex_not_answering"] as const),
    ),
  },
});

const checkApplication = createRoute({
  ...common,
  method: "post",
  path: `${path}/check`,
  operationId: "checkOauthApplication",
  summary: "Ask Yandex whether the application's id and secret still belong together",
  responses: {
    ...shown("They do"),
    ...problemResponses(
      ...([...access, "oauth_application_missing", "oauth_application_refused", "yandex_not_answering"] as const),
    ),
  },
});

const removeApplication = createRoute({
  ...common,
  path,
  method: "delete",
  operationId: "removeOauthApplication",
  summary: "Forget the Yandex OAuth application",
  description: "Accounts stay connected, but their access can be renewed no longer.",
  responses: {
    204: { description: "Forgotten" },
    ...problemResponses(...access, "oauth_application_fixed", "oauth_application_missing"),
  },
});

/** The OAuth application of the installation. */
export function oauthApplicationRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { applications, publicUrl } = deps;

  const answer = (application: OauthApplication | null, language: Language) => ({
    is_set: application !== null,
    client_id: application?.clientId ?? null,
    from: application?.from ?? null,
    checked_at: isoOrNull(application?.checkedAt ?? null),
    registration: {
      url: REGISTER_URL,
      name: render(name, language, { host: new URL(publicUrl).host }),
      rights: [...OAUTH_SCOPES],
      redirect_uri: `${publicUrl}${CALLBACK_PATH}`,
    },
    warnings: [
      { code: "rights_are_final", message: render(rightsWarning, language) },
      ...addressWarnings(publicUrl, language),
    ],
  });

  const act = (action: AuditAction, { clientId, from }: OauthApplication) => ({
    action,
    target: { kind: "oauth_application", id: null, name: clientId },
    after: { client_id: clientId, from },
  });

  router.openapi(readApplication, async (c) => {
    await deps.authorize(c, readApplication);
    return c.json(answer(await applications.current(), languageOf(c)), 200);
  });

  router.openapi(saveApplication, async (c) => {
    const { actor } = await deps.authorize(c, saveApplication);
    const body = parseBody(NewApplication, await readJson(c.req.raw, deps.limits));
    const saved = await applications.save({ clientId: body.client_id, clientSecret: body.client_secret });
    await deps.audit(c, { actor, workspaceId: null }, act("oauth_application.changed", saved));
    return c.json(answer(saved, languageOf(c)), 200);
  });

  router.openapi(checkApplication, async (c) => {
    const { actor } = await deps.authorize(c, checkApplication);
    const checked = await applications.check();
    await deps.audit(c, { actor, workspaceId: null }, act("oauth_application.checked", checked));
    return c.json(answer(checked, languageOf(c)), 200);
  });

  router.openapi(removeApplication, async (c) => {
    const { actor } = await deps.authorize(c, removeApplication);
    await applications.remove();
    const target = { kind: "oauth_application", id: null, name: null };
    await deps.audit(c, { actor, workspaceId: null }, { action: "oauth_application.removed", target });
    return c.body(null, 204);
  });

  return router;
}
