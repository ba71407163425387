/** The context that binds a sealed secret to its source. */
export const secretContext = (sourceUuid: string) => `source:${sourceUuid}`;

/** Of the secrets in a source's config. */
export const configContext = (sourceUuid: string) => `source-config:${sourceUuid}`;

/** Of what a plugin keeps of a source under a name. */
export const stateContext = (sourceUuid: string, name: string) => `source-state:${sourceUuid}:${name}`;

/** Of a sender's request as it came. */
export const rawIntakeContext = (uuid: string) => `raw-intake:${uuid}`;
