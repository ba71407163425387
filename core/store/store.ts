import type { AccountStore } from "./port/accounts.ts";
import type { ApiKeyStore } from "./port/api-keys.ts";
import type { AuditStore } from "./port/audit.ts";
import type { BatchStore } from "./port/batches.ts";
import type { ConversionStore } from "./port/conversions.ts";
import type { CounterStore } from "./port/counters.ts";
import type { DeadLetterStore } from "./port/dead-letters.ts";
import type { GoalStore } from "./port/goals.ts";
import type { IdentityStore } from "./port/identity.ts";
import type { IntakeStore } from "./port/intake.ts";
import type { InvitationStore } from "./port/invitations.ts";
import type { LeaseStore } from "./port/leases.ts";
import type { MaintenanceStore } from "./port/maintenance.ts";
import type { MatchRateStore } from "./port/match-rates.ts";
import type { MemberStore, UserStore, WorkspaceStore } from "./port/members.ts";
import type { OauthApplicationStore, OauthStateStore } from "./port/oauth.ts";
import type { PlanningStore } from "./port/planning.ts";
import type { QuotaStore } from "./port/quota.ts";
import type { RawIntakeStore } from "./port/raw-intakes.ts";
import type { ReplayStore } from "./port/replays.ts";
import type { RunStore } from "./port/runs.ts";
import type { SealedTextStore } from "./port/sealed-texts.ts";
import type { SetupCodeStore } from "./port/setup-codes.ts";
import type { SharedDatabase } from "./port/shared.ts";
import type { SourceHealthStore } from "./port/source-health.ts";
import type { SourceStateStore } from "./port/source-state.ts";
import type { CredentialStore, SourceStore } from "./port/sources.ts";
import type { UnidentifiedSaleStore } from "./port/unidentified-sales.ts";
import type { UploadStore } from "./port/uploads.ts";
import type { WithdrawalStore } from "./port/withdrawals.ts";

export type * from "./port/accounts.ts";
export type * from "./port/api-keys.ts";
export type * from "./port/audit.ts";
export type * from "./port/batches.ts";
export type * from "./port/conversions.ts";
export type * from "./port/counters.ts";
export type * from "./port/dead-letters.ts";
export type * from "./port/goals.ts";
export type * from "./port/identity.ts";
export type * from "./port/intake.ts";
export type * from "./port/invitations.ts";
export type * from "./port/leases.ts";
export type * from "./port/maintenance.ts";
export type * from "./port/match-rates.ts";
export type * from "./port/members.ts";
export type * from "./port/oauth.ts";
export type * from "./port/page.ts";
export type * from "./port/planning.ts";
export type * from "./port/quota.ts";
export type * from "./port/raw-intakes.ts";
export type * from "./port/reasons.ts";
export type * from "./port/replays.ts";
export type * from "./port/runs.ts";
export type * from "./port/sealed-texts.ts";
export type * from "./port/setup-codes.ts";
export type * from "./port/shared.ts";
export type * from "./port/source-health.ts";
export type * from "./port/source-state.ts";
export type * from "./port/sources.ts";
export type * from "./port/unidentified-sales.ts";
export type * from "./port/uploads.ts";
export type * from "./port/withdrawals.ts";

/** The storage port: what the core asks of a database, in its own words. One contract suite runs on every implementation. */
export interface Store {
  readonly installation: Installation;
  readonly apiKeys: ApiKeyStore;
  readonly identity: IdentityStore;
  readonly credentials: CredentialStore;
  readonly sources: SourceStore;
  readonly sourceState: SourceStateStore;
  readonly rawIntakes: RawIntakeStore;
  readonly runs: RunStore;
  readonly sourceHealth: SourceHealthStore;
  readonly accounts: AccountStore;
  readonly counters: CounterStore;
  readonly oauthApplication: OauthApplicationStore;
  readonly oauthStates: OauthStateStore;
  readonly users: UserStore;
  readonly members: MemberStore;
  readonly workspaces: WorkspaceStore;
  readonly invitations: InvitationStore;
  readonly setupCodes: SetupCodeStore;
  readonly audit: AuditStore;
  readonly intake: IntakeStore;
  readonly batches: BatchStore;
  readonly conversions: ConversionStore;
  readonly matchRates: MatchRateStore;
  readonly unidentifiedSales: UnidentifiedSaleStore;
  readonly planning: PlanningStore;
  readonly uploads: UploadStore;
  readonly deadLetters: DeadLetterStore;
  readonly replays: ReplayStore;
  readonly withdrawals: WithdrawalStore;
  readonly goals: GoalStore;
  readonly quota: QuotaStore;
  readonly maintenance: MaintenanceStore;
  readonly sealedTexts: SealedTextStore;
  readonly leases: LeaseStore;
  /** Null where only one gateway works on the database. */
  readonly shared: SharedDatabase | null;
  close(): Promise<void>;
}

/** Who this installation is; `workspaceId` is the workspace made at first start. */
export interface Installation {
  readonly uuid: string;
  readonly vaultCheck: string;
  /** Null until the master key is changed for the first time. */
  readonly sealedHashingKey: string | null;
  readonly workspaceId: number;
}

/** What a new installation is founded with; ignored when the database already has one. */
export interface Founding {
  readonly uuid: string;
  readonly workspaceUuid: string;
  readonly vaultCheck: string;
  readonly now: number;
}
