/** The body of a trigger by our template. */
export const triggerBody = {
  number: "14",
  external_id: "14",
  status: "complete",
  status_updated_at: "2026-11-20 13:30:06",
  total: "1395.16",
  currency: "RUB",
  client_id: "1770146617335078468",
  site: "example-shop",
};
