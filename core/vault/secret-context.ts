/** The context that binds a sealed secret to its source. */
export const secretContext = (sourceUuid: string) => `source:${sourceUuid}`;
