import { expect, test } from "bun:test";
import { createMetrikaClient } from "./client.ts";
import { uploadComment } from "./offline-conversions.ts";

function answering(body: string) {
  return createMetrikaClient({
    apiUrl: "https://metrika.example",
    loginUrl: "https://login.example",
    fetch: async () => new Response(body),
  });
}

const call = { token: "t", counterId: 1 };

test("the documented example is read", async () => {
  const body = `{"uploading":{"id":0,"create_time":"2025-01-01T00:00:00Z","source_quantity":0,"line_quantity":0,"comment":"example",
    "type":"BASIC","client_id_type":"USER_ID","status":"example","goal_not_found_quantity":0,"user_not_found_quantity":0,"linked_quantity":0}}`;
  expect(await answering(body).uploadings.get({ ...call, uploadingId: "0" })).toEqual({
    ...{ id: "0", status: "example", comment: "example", createTime: "2025-01-01T00:00:00Z", type: "BASIC" },
    ...{ clientIdType: "USER_ID", sourceQuantity: 0, lineQuantity: 0 },
    ...{ goalNotFoundQuantity: 0, userNotFoundQuantity: 0, linkedQuantity: 0 },
  });
});

test("an id beyond 2^53 keeps each digit, and what is left out is not known", async () => {
  const body = '{"uploadings":[{"id":9223372036854775807,"status":"PREPARED","client_id_type":null,"new_field":[1]}]}';
  const [uploading] = await answering(body).uploadings.list(call);
  expect(uploading).toMatchObject({ id: "9223372036854775807", comment: "", lineQuantity: null, clientIdType: null });
});

test("a comment keeps only the characters that Metrika documents", () => {
  expect(uploadComment("3f2a-Ёж №7; =cmd()\n")).toBe("3f2aЁж7cmd");
  expect(uploadComment("я".repeat(300))).toHaveLength(255);
});
