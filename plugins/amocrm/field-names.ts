import { asRecord, asText } from "metrika-gateway/plugin";
import type { AmoApi } from "./api.ts";

/** Every code, id and name of the fields of leads and contacts, and the two that `toDeal` adds. */
export async function fieldNames(api: AmoApi): Promise<readonly string[]> {
  const names = ["lead_id", "contact_id"];
  for (const entity of ["leads", "contacts"]) {
    for await (const fields of api.pages(`/${entity}/custom_fields`, "custom_fields", [["limit", "250"]])) {
      const told = fields.map(asRecord).flatMap(({ id, code, name }) => [id, code, name].map(asText));
      names.push(...told.filter((it) => it !== null));
    }
  }
  return names;
}
