import { signed } from "./api.ts";

/** Keys of nobody, with which the examples are signed. */
export const exampleKeys = {
  key: "examplevpbxkey0000000000000000001",
  salt: "examplevpbxsalt000000000000000002",
} as const;

/** A form as Mango sends it. */
export function mangoForm(event: object, { key, salt } = exampleKeys): string {
  const json = JSON.stringify(event);
  return new URLSearchParams({ vpbx_api_key: key, sign: signed(key, json, salt), json }).toString();
}

/** A call of a visitor to the number that the site showed, at its beginning. */
export const callAppeared = {
  ...{ call_id: "100:500:256", entry_id: "MTAwOjUwMDoyNTY=", timestamp: 1795179167, seq: 1, call_state: "Appeared" },
  location: "ivr",
  from: { number: "79990000001" },
  to: { number: "74990000000", line_number: "74990000000" },
  dct: { number: "74990000000", type: 1 },
};

/** The same call when it is over, answered. */
export const callSummary = {
  ...{ entry_id: "MTAwOjUwMDoyNTY=", call_direction: 1, entry_result: 1, disconnect_reason: 1120 },
  from: { number: "79990000001" },
  to: { extension: "123", number: "sip:user@example.test" },
  line_number: "74990000000",
  ...{ create_time: 1795179167, forward_time: 1795179170, talk_time: 1795179175, end_time: 1795179239 },
};

/** What Mango answers about the visitor whom a number is shown, abridged. */
export const visitorInfo = {
  data: {
    ...{ uid: "1a2b3c4d5e6f", widget_id: 1001, ga_cid: "1591447729.1675576268", ya_cid: "1770146617335078468" },
    channel: { source: "yandex", medium: "cpc" },
  },
};
