import type { UnidentifiedOfDay, UnidentifiedSaleStore } from "../store.ts";
import { type Driver, statement } from "./work.ts";

const days = statement<UnidentifiedOfDay, [source: number, first: number, last: number]>(
  `select day, refused, by_contact as "byContact" from unidentified_sales where source_id = ?1 and day between ?2 and ?3 order by day`,
);

/** Reads how many sales name no visitor; the intake counts them. */
export function createUnidentifiedSales(driver: Driver): UnidentifiedSaleStore {
  return {
    daysOf: (sourceId, firstDay, lastDay) => driver.ask(days.all(sourceId, firstDay, lastDay)),
  };
}
