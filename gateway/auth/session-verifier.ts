/** Who signed in, as a verified access token tells it. */
export interface SessionClaims {
  /** The person's lasting id. The only claim that rights may hang on. */
  readonly subject: string;
  /** As the token has it: whether anybody confirmed it depends on the project's settings. Null: signed in without one. */
  readonly email: string | null;
  /** What the person calls themselves; they may change it at any time. */
  readonly name: string | null;
  readonly sessionId: string | null;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Finds out whose session a person's access token belongs to. */
export interface SessionVerifier {
  /**
   * @param token without the word `Bearer`
   * @throws {ProblemError} `session_invalid` (401: sign in again), `session_expired` (401: refresh the token),
   * `identity_unavailable` (503 with `Retry-After`: the identity service does not answer)
   */
  verify(token: string): Promise<SessionClaims>;
}
