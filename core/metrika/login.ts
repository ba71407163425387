import * as v from "valibot";
import { Text } from "./fields.ts";
import type { CallOptions, MetrikaHttp } from "./http.ts";

const LoginAnswer = v.pipe(
  v.object({ id: v.union([v.string(), v.number()]), login: v.string(), client_id: Text }),
  v.transform((info) => ({
    /** The account's id at Yandex. */
    id: String(info.id),
    /** Requests of all tokens of one login share Metrika's quotas. */
    login: info.login,
    /** The application the token was issued to. */
    clientId: info.client_id,
  })),
);

/** Whose token it is. */
export type YandexLogin = v.InferOutput<typeof LoginAnswer>;

/** Asks Yandex ID whose token this is; a token of any scope will do. https://yandex.ru/dev/id/doc/en/user-information */
export function getLogin(http: MetrikaHttp, call: CallOptions): Promise<YandexLogin> {
  return http({ ...call, method: "GET", path: "/info", query: { format: "json" }, answer: LoginAnswer });
}
