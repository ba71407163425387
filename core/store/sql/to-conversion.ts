import type { Conversion } from "../../conversion/conversion.ts";

/** The columns of `conversions` that make a conversion. */
export interface ConversionColumns {
  readonly target: string;
  readonly date_time: number;
  readonly client_id: string;
  readonly user_id: string;
  readonly yclid: string;
  readonly purchase_id: string;
  readonly price: string | null;
  readonly currency: string;
}

/** A conversion out of its columns. */
export const toConversion = (row: ConversionColumns): Conversion => ({
  target: row.target,
  dateTime: row.date_time,
  clientId: row.client_id,
  userId: row.user_id,
  yclid: row.yclid,
  purchaseId: row.purchase_id,
  price: row.price,
  currency: row.currency,
});
