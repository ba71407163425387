/** The context that binds a sealed refresh token to its account. */
export const refreshContext = (accountUuid: string) => `account-refresh:${accountUuid}`;

/** The context that binds a sealed PKCE verifier to the connection that was begun with it. */
export const verifierContext = (stateUuid: string) => `oauth-state:${stateUuid}`;
