/** An answer in JSON, with the uploading ids of int64 written as numbers. */
export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

/** A refusal in Metrika's envelope. https://yandex.ru/dev/metrika/ru/intro/errors */
export function refusal(
  status: number,
  errorType: string,
  message: string,
  more: { readonly location?: string; readonly headers?: Record<string, string> } = {},
): Response {
  const first = { error_type: errorType, message, ...(more.location !== undefined && { location: more.location }) };
  return jsonAnswer({ errors: [first], code: status, message }, status, more.headers);
}

const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_parameter",
  401: "unauthorized",
  403: "access_denied",
  404: "not_found",
  420: "quota_requests_by_uid",
  429: "quota_requests_by_uid",
  503: "backend_error",
  504: "timeout",
};

/** The `error_type` that usually comes with a status. */
export function usualErrorType(status: number): string {
  return TYPES[status] ?? (status >= 500 ? "backend_error" : "invalid_parameter");
}
