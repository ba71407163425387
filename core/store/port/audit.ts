/** Who did something. `operator`: whoever can read the data folder, by the command line. `system`: the gateway itself. */
export interface Actor {
  readonly kind: "user" | "api_key" | "operator" | "system";
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

/** The audit: it only grows. */
export interface AuditStore {
  add(event: AuditEvent): Promise<void>;
}
