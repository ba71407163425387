import { z } from "@hono/zod-openapi";
import * as v from "valibot";
import { type AuditAction, auditActionCodes, describeAction } from "../../core/audit/actions.ts";
import type { AuditQuestion } from "../../core/audit/find-events.ts";
import { type Language, type Localized, quoteValue } from "../../core/language.ts";
import { iso } from "../../core/plugin/answers.ts";
import type { ProblemError } from "../../core/plugin/problem.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";
import { actorKinds } from "../../core/store/port/audit.ts";
import type { AuditEvent } from "../../core/store/store.ts";
import { invalidFields } from "../http/field-faults.ts";
import { millisecondsOf, notAnInstant } from "../http/instant.ts";

const described = (description: string) => z.string().max(200).optional().openapi({ description });

/** What events can be filtered by. */
export const auditQuery = {
  from: described("ISO 8601 instant: events from then on"),
  to: described("ISO 8601 instant: events before then"),
  actor_id: described("Who did it: the id of a person or an API key"),
  actor_kind: z.enum(actorKinds).optional(),
  action: described("The code of an act, `webhook.created`, or how several begin, `webhook.`"),
  target_kind: described("What kind of thing it was done to, `webhook`"),
  target_id: described("What it was done to"),
  text: described(
    "Stands in the name or id of whoever did it or what it was done to, in the address, the request id or the act's code",
  ),
};

/** A filter as it is asked for. */
export type AskedAudit = { readonly [Name in keyof typeof auditQuery]?: z.infer<(typeof auditQuery)[Name]> };

const auditChecks = {
  instant_format: notAnInstant,
  no_such: {
    ru: "Действия «{received}» нет. Укажите код целиком, например webhook.created, или его начало с точкой: webhook.",
    en: "There is no act “{received}”. Give a whole code, for example webhook.created, or its beginning with the dot: webhook.",
  },
} as const satisfies Record<string, Localized>;

const text = v.nullable(v.string());
const fields = v.nullable(v.record(v.string(), v.unknown()));

/** An event as it is told. */
export const AuditEventAnswer = v.pipe(
  v.object({
    audit_event_id: v.string(),
    at: v.pipe(v.string(), v.description("ISO 8601, UTC")),
    action: v.pipe(v.string(), v.description("Stable code")),
    message: v.pipe(v.string(), v.description("The same for people")),
    of: v.pipe(v.picklist(["workspace", "installation"]), v.description("What it concerns")),
    actor: v.pipe(v.object({ kind: v.picklist(actorKinds), id: text, name: text }), v.description("Who did it")),
    target: v.pipe(v.object({ kind: v.string(), id: text, name: text }), v.description("What it was done to")),
    address: v.pipe(text, v.description("The client's address")),
    user_agent: text,
    request_id: text,
    before: v.pipe(fields, v.description("What it has changed, as it was; never a secret")),
    after: v.pipe(fields, v.description("The same as it is since")),
  }),
  component("AuditEvent"),
);

/** @throws {ProblemError} `invalid_field` */
export function questionOf(workspaceIds: AuditQuestion["workspaceIds"], asked: AskedAudit): AuditQuestion {
  return {
    workspaceIds,
    from: instantOf("from", asked.from),
    to: instantOf("to", asked.to),
    actions: asked.action === undefined ? null : actionsOf(asked.action),
    actorKind: asked.actor_kind ?? null,
    actorId: asked.actor_id ?? null,
    targetKind: asked.target_kind ?? null,
    targetId: asked.target_id ?? null,
    text: asked.text || null,
  };
}

/** An event as it is told in one language. */
export function eventAnswer(event: AuditEvent, language: Language): v.InferOutput<typeof AuditEventAnswer> {
  const { uuid, at, action, workspaceId, actor, target, origin, before, after } = event;
  return {
    audit_event_id: uuid,
    at: iso(at),
    action,
    message: describeAction(action, target, language),
    of: workspaceId === null ? "installation" : "workspace",
    actor: { ...actor },
    target: { ...target },
    address: origin.address,
    user_agent: origin.userAgent,
    request_id: origin.requestId,
    before: before && { ...before },
    after: after && { ...after },
  };
}

function actionsOf(asked: string): readonly AuditAction[] {
  const found = auditActionCodes.filter((code) => (asked.endsWith(".") ? code.startsWith(asked) : code === asked));
  if (found.length === 0) throw faultOf("action", "no_such", asked);
  return found;
}

function instantOf(field: string, asked: string | undefined): number | null {
  if (asked === undefined) return null;
  const at = millisecondsOf(asked);
  if (at === null) throw faultOf(field, "instant_format", asked);
  return at;
}

function faultOf(field: string, code: keyof typeof auditChecks, received: string): ProblemError {
  return invalidFields([{ field, code, sentence: auditChecks[code], params: { received: quoteValue(received) } }]);
}
