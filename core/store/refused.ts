/** An operator's command that will not be carried out; nothing was changed. The message says why and what to do. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** What a command wrote or read is not what it should be; the message names what is wrong and what to do. */
export class CopyDamagedError extends Error {
  override readonly name = "CopyDamagedError";
}
