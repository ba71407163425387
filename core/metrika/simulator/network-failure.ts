/** Failures of the network that the simulator can play. */
export type NetworkFailureCode = "ECONNRESET" | "ECONNREFUSED" | "ERR_HTTP_CONTENT_LENGTH_MISMATCH";

const MESSAGES: Readonly<Record<NetworkFailureCode, string>> = {
  ECONNRESET: "ECONNRESET: The socket connection was closed unexpectedly.",
  ECONNREFUSED: "ECONNREFUSED: Unable to connect. Is the computer able to access the url?",
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: "Request body does not match the Content-Length",
};

/** What fetch rejects with when there is no answer: a TypeError with a code, as Bun 1.4.5 makes it (by experiment). */
export class NetworkFailure extends TypeError {
  readonly code: NetworkFailureCode;

  constructor(code: NetworkFailureCode) {
    super(MESSAGES[code]);
    this.code = code;
  }
}
