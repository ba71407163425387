/**
 * The public id of a conversion: a UUIDv8 of the installation and the row's number, as the view `webhook_conversions`
 * derives it too. Nothing is stored for it: a stored random key would halve the rate of intake (measured).
 * https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8
 */
export function conversionUuid(installationUuid: string, conversionId: number): string {
  return `${installationUuid.slice(0, 13)}-8000-8000-${conversionId.toString(16).padStart(12, "0")}`;
}

/** The row's number behind a public id of this installation; null for any other text. */
export function conversionIdOf(installationUuid: string, publicId: string): number | null {
  const number = /-8000-8000-([0-9a-f]{12})$/.exec(publicId)?.[1];
  const id = number === undefined ? null : Number.parseInt(number, 16);
  return id !== null && conversionUuid(installationUuid, id) === publicId ? id : null;
}
