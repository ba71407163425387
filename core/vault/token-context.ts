/** The context that binds a sealed access token to its credential. */
export const tokenContext = (credentialUuid: string) => `credential:${credentialUuid}`;
