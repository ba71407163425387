/** Kinds of {@link Actor}. */
export const actorKinds = ["user", "api_key", "operator", "system"] as const;

/** Who did something. `operator`: whoever can read the data folder, by the command line. `system`: the gateway itself. */
export interface Actor {
  readonly kind: (typeof actorKinds)[number];
  /** The public id; null of the operator and the gateway. */
  readonly id: string | null;
  /** A person's e-mail address, a key's name. */
  readonly name: string | null;
}

/** What is written down of one act; nothing in it is secret. */
export interface AuditEvent {
  readonly uuid: string;
  /** Null for what concerns the whole installation. */
  readonly workspaceId: number | null;
  /** Unix milliseconds. */
  readonly at: number;
  /** Such as `webhook.created`. */
  readonly action: string;
  readonly actor: Actor;
  readonly target: { readonly kind: string; readonly id: string | null; readonly name: string | null };
  readonly origin: {
    readonly address: string | null;
    readonly userAgent: string | null;
    readonly requestId: string | null;
  };
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** An event's place among all: they are told by `at`, and those of one millisecond as they came. */
export interface AuditPlace {
  /** Unix milliseconds. */
  readonly at: number;
  readonly id: number;
}

/** Which events; null where any will do. */
export interface AuditFilter {
  /** Whose events; null stands for those of the installation. */
  readonly workspaceIds: readonly (number | null)[];
  /** Unix milliseconds: from then on. */
  readonly from: number | null;
  /** Unix milliseconds: before then. */
  readonly to: number | null;
  readonly actions: readonly string[] | null;
  readonly actorKind: Actor["kind"] | null;
  readonly actorId: string | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
}

/** A piece of a walk through the events, newest first. */
export interface AuditPage {
  readonly events: readonly (AuditEvent & AuditPlace)[];
  /** Where to go on; null at the end. */
  readonly after: AuditPlace | null;
}

/** The audit: it only grows. */
export interface AuditStore {
  add(event: AuditEvent): Promise<void>;
  /** Newest first; `before` is where the piece before has ended. */
  list(filter: AuditFilter, before: AuditPlace | null, limit: number): Promise<AuditPage>;
}
