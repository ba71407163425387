import { dealMapping, secret } from "metrika-gateway/plugin";
import * as v from "valibot";

/** A host, and the way to the methods with the number of a person and the code: https://apidocs.bitrix24.ru/local-integrations/local-webhooks.html */
const ADDRESS = /^https:\/\/([a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?(?::\d{2,5})?)\/rest\/(\d{1,10})\/([\w-]{8,128})\/?$/;

const Fields = v.object({
  domain: v.pipe(
    v.string(),
    v.regex(/^[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?(?::\d{2,5})?$/),
    v.title("Address of the portal"),
    v.description("As in the browser, without https: `acme.bitrix24.ru`. Hooks of other portals are set aside."),
    v.examples(["acme.bitrix24.ru"]),
  ),
  member_id: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[\da-f]{32}$/),
      v.title("member_id of the portal"),
      v.description("Where it is given, it must be that of each hook; it stays the same when a portal is renamed."),
    ),
  ),
  webhook_address: v.pipe(
    secret(v.string()),
    v.regex(ADDRESS),
    v.title("Address of the inbound webhook"),
    v.description(
      "Copied from Bitrix24: Developer resources → Other → Inbound webhook, with the permission CRM (crm). Its last part is a secret.",
    ),
    v.examples(["https://acme.bitrix24.ru/rest/1/…/"]),
  ),
  entities: v.optional(
    v.pipe(
      v.array(v.picklist(["deal", "lead"])),
      v.minLength(1),
      v.title("What is read"),
      v.description("Deals, leads, or both. Leads stand in a pipeline of their own, `leads`."),
    ),
    ["deal"],
  ),
  text_labels: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.regex(/^[\p{L}\d_.-]{2,50}$/u))),
      v.maxLength(10),
      v.title("Labels in comments"),
      v.description(
        "Where a form writes identifiers into the comment or the description of the source (`_ym_uid: 177…`): the words before the digits. Each becomes a field of this name.",
      ),
      v.examples([["_ym_uid"]]),
    ),
    [],
  ),
  catch_up: v.optional(
    v.pipe(
      v.boolean(),
      v.title("Fetch what hooks have missed"),
      v.description("Bitrix24 tells each change once, and never again: what has changed is read every 15 minutes."),
    ),
    true,
  ),
  plan: v.optional(
    v.pipe(
      v.picklist(["standard", "enterprise"]),
      v.title("Plan"),
      v.description("How fast the portal may be asked: 2 requests a second, or 5 on Enterprise."),
    ),
    "standard",
  ),
  ...dealMapping({
    identifiers: {
      client_id: ["UF_CRM_YM_UID", "UF_CRM_YM_CLIENT_ID", "UF_CRM_YANDEX_CLIENT_ID", "_ym_uid", "ym_uid"],
      yclid: ["UF_CRM_YCLID", "yclid"],
    },
  }),
});

/** What a source of Bitrix24 is configured with. The `stages` of its targets may be semantics: `S` won, `F` lost, `P` open. */
export const Config = v.pipe(
  Fields,
  v.forward(
    v.check(
      ({ domain, webhook_address }) => ADDRESS.exec(webhook_address)?.[1] === domain,
      "The address is of another portal than domain.",
    ),
    ["webhook_address"],
  ),
);

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;

/** What deals and leads are called where a portal is asked for them. */
export type Entity = Config["entities"][number];
