/** An order that was paid, shortened; after the example of WooCommerce's reference. */
export const paidOrder = {
  id: 727,
  number: "727",
  status: "processing",
  currency: "RUB",
  date_modified: "2026-11-20T16:28:08",
  date_modified_gmt: "2026-11-20T19:28:08",
  total: "2990.35",
  customer_id: 0,
  billing: { first_name: "John", email: "john.doe@example.com", phone: "(555) 555-5555" },
  date_paid: "2026-11-20T16:28:08",
  date_paid_gmt: "2026-11-20T19:28:08",
  date_completed: null,
  date_completed_gmt: null,
  meta_data: [
    { id: 13106, key: "_download_permissions_granted", value: "yes" },
    { id: 13107, key: "ym_client_id", value: "1770146617335078468" },
  ],
  refunds: [],
};
