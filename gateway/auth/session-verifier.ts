/** What a session says of the person who is signed in; `expiresAt` is in Unix milliseconds. */
export interface SessionClaims {
  readonly subject: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly sessionId: string | null;
  readonly expiresAt: number;
}

/** Finds out whose session a token shows, whoever signs people in. */
export interface SessionVerifier {
  /** @throws {ProblemError} session_invalid (401), session_expired (401), identity_unavailable (503) */
  verify(token: string): Promise<SessionClaims>;
}
