/** Another gateway holds the database: two processes would claim the same uploads. */
export class DatabaseInUseError extends Error {
  override readonly name = "DatabaseInUseError";
}

/** The database cannot be opened or written, was written by a newer version, or is not a gateway's database at all. */
export class DatabaseUnusableError extends Error {
  override readonly name = "DatabaseUnusableError";
}
