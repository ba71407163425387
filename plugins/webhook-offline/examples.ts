/** The specification's own request, word for word. */
export const specificationExample = {
  conversions: [
    {
      client_id: "1234567890.1234567890",
      target: "purchase",
      date_time: "2025-07-01T12:34:56",
      price: 1500,
      currency: "RUB",
      purchase_id: "order123",
    },
  ],
};

/** Sales as a CRM tells them: several identifiers, a zone, exact money. */
export const crmExample = {
  conversions: [
    {
      client_id: "1772125921407675467",
      target: "purchase",
      date_time: "2026-11-20T18:05:00+03:00",
      price: "24990.50",
      currency: "RUB",
      purchase_id: "deal-10231",
    },
    { yclid: "17465234987234598721", target: "lead", date_time: 1795187100 },
    { user_id: "client-5512", target: "call", date_time: "2026-11-20 18:07:12", price: 0, currency: "RUB" },
  ],
};
