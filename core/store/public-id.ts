/**
 * Public ids that are derived: a UUIDv8 of the installation, the kind and the row's number, as the views of the
 * specification derive them too. Nothing is stored for them: a stored random key would halve the rate of intake (measured).
 * https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8
 */
const CONVERSION = "8000";
const BATCH = "8001";

/** The public id of a conversion. */
export const conversionUuid = (installationUuid: string, id: number) => derived(installationUuid, CONVERSION, id);

/** The conversion behind a public id of this installation; null for any other text. */
export const conversionIdOf = (installationUuid: string, uuid: string) => numberOf(installationUuid, CONVERSION, uuid);

/** The public id of a batch. */
export const batchUuid = (installationUuid: string, id: number) => derived(installationUuid, BATCH, id);

/** The batch behind a public id of this installation; null for any other text. */
export const batchIdOf = (installationUuid: string, uuid: string) => numberOf(installationUuid, BATCH, uuid);

function derived(installationUuid: string, kind: string, id: number): string {
  return `${installationUuid.slice(0, 13)}-${kind}-8000-${id.toString(16).padStart(12, "0")}`;
}

function numberOf(installationUuid: string, kind: string, uuid: string): number | null {
  const number = /-8000-([0-9a-f]{12})$/.exec(uuid)?.[1];
  const id = number === undefined ? null : Number.parseInt(number, 16);
  return id !== null && derived(installationUuid, kind, id) === uuid ? id : null;
}
