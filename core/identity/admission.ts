/** What somebody shows who wants to sign up. */
export interface Applicant {
  /** In lower case. */
  readonly email: string;
  readonly setupCode: string | null;
  readonly invitationCode: string | null;
}

/** Decides who may sign up, since a public address must not be for the taking. */
export interface Admission {
  /**
   * Judges before anything is stored; `welcome` is then called with the new person's id and gives him his place: the first owner's,
   * that of an invitation, or a workspace of his own.
   * @throws {ProblemError} `signup_closed`, `setup_code_wrong`, `invitation_wrong`
   */
  admit(applicant: Applicant): Promise<{ welcome(userId: number): Promise<void> }>;
}
