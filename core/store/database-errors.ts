/** Another gateway holds the database: two processes would claim the same uploads. */
export class DatabaseInUseError extends Error {
  override readonly name = "DatabaseInUseError";
}

/** The database cannot be opened or written, was written by a newer version, or is not a gateway's database at all. */
export class DatabaseUnusableError extends Error {
  override readonly name = "DatabaseUnusableError";
}

/** An operator's command that will not be carried out; nothing was changed. The message says why and what to do. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** What a command wrote or read is not what it should be; the message names what is wrong and what to do. */
export class CopyDamagedError extends Error {
  override readonly name = "CopyDamagedError";
}

/** The database is away; nothing was asked. */
export class DatabaseAwayError extends Error {
  override readonly name = "DatabaseAwayError";
  constructor() {
    super("The database does not answer.");
  }
}
