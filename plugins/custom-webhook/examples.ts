/** Orders of a shop that names everything its own way. */
export const jsonExample = {
  event: "orders.paid",
  orders: [
    {
      no: "A-1001",
      paid_at: "2026-11-20T10:15:00+03:00",
      total: "15990.00",
      visitor: { metrika: "1770146617335078468" },
    },
    {
      no: "A-1002",
      paid_at: "2026-11-20T10:40:00+03:00",
      total: "490.50",
      visitor: { metrika: "1664435673909428135" },
    },
  ],
};

/** The mapping of {@link jsonExample}. */
export const jsonMapping = {
  by: "fields",
  each: "body.orders",
  fields: {
    client_id: "visitor.metrika",
    target: '"order_paid"',
    date_time: "paid_at",
    price: "total",
    key: "no",
  },
} as const;

/** A request of a till that can send forms alone. */
export const formExample = {
  receipt: "77-15",
  visitor: "1770146617335078468",
  sum: "1 990,50",
};

/** The mapping of {@link formExample}. */
export const formMapping = {
  by: "expression",
  expression: `{
  "client_id": body.visitor,
  "target": "till_sale",
  "price": $replace($replace(body.sum, " ", ""), ",", "."),
  "key": "till " & body.receipt
}`,
} as const;
