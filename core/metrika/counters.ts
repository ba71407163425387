import * as v from "valibot";
import { Count, Flag, Text } from "./fields.ts";
import type { CallOptions, MetrikaHttp } from "./http.ts";

/** Rights to a counter that allow writing; the others are `view, analyst, view_access_filter, analyst_access_filter`. */
const WRITING: readonly string[] = ["own", "edit"];

/** Whether a right lets its login upload and create goals; null when Metrika does not tell the right. */
export const mayWrite = (permission: string | null): boolean | null =>
  permission ? WRITING.includes(permission) : null;

const CounterAnswer = v.pipe(
  v.object({
    id: v.pipe(v.number(), v.safeInteger()),
    name: Text,
    status: Text,
    permission: Text,
    owner_login: Text,
    site: Text,
    site2: v.optional(v.nullable(v.object({ site: Text })), null),
    time_zone_name: Text,
    time_zone_offset: v.optional(v.nullable(v.number()), null),
    create_time: Text,
    code_status: Text,
    activity_status: Text,
    favorite: Flag,
    is_favorite: Flag,
  }),
  v.transform((counter) => ({
    id: counter.id,
    name: counter.name ?? "",
    /** `Active` or `Deleted`. */
    status: counter.status,
    permission: counter.permission,
    /** Whether the token's login may upload and create goals; null when Metrika does not tell its right. */
    writable: mayWrite(counter.permission),
    ownerLogin: counter.owner_login,
    site: counter.site2?.site ?? counter.site,
    /** Name in the tz database, for example `Europe/Moscow`. */
    timeZoneName: counter.time_zone_name,
    timeZoneOffsetMinutes: counter.time_zone_offset,
    /** ISO 8601 with an offset. */
    createTime: counter.create_time,
    codeStatus: counter.code_status,
    activityStatus: counter.activity_status,
    favorite: counter.favorite ?? counter.is_favorite,
  })),
);
const CountersAnswer = v.object({ rows: Count, counters: v.optional(v.array(CounterAnswer), []) });
const OneCounterAnswer = v.object({ counter: CounterAnswer });

/** A counter of Metrika; what an answer leaves out is null. */
export type MetrikaCounter = v.InferOutput<typeof CounterAnswer>;

/** Which counters, and which part of the list. */
export interface ListCountersOptions extends CallOptions {
  /** Position of the first counter, counted from **1** (uploadings are counted from 0). Default 1. */
  readonly offset?: number;
  /** Counters in one answer. Default 1000. */
  readonly perPage?: number;
  /** The exact id, or a part of the name, the site or a mirror. */
  readonly search?: string;
  readonly permission?: "own" | "view" | "edit";
}

/** A part of the list; `total` counts all that match, whatever the paging. */
export interface CounterPage {
  readonly total: number;
  readonly counters: readonly MetrikaCounter[];
}

/** Reads one page of the token's counters. https://yandex.ru/dev/metrika/ru/management/openapi/counter/counters */
export async function listCounters(http: MetrikaHttp, options: ListCountersOptions): Promise<CounterPage> {
  const { offset, perPage, search, permission, ...call } = options;
  const query = { offset, per_page: perPage, search_string: search, permission };
  const page = await http({ ...call, method: "GET", path: "/management/v1/counters", query, answer: CountersAnswer });
  return { total: page.rows, counters: page.counters };
}

/** Reads one counter; rejects with `forbidden` or `not_found` when the token may not see it. */
export async function getCounter(
  http: MetrikaHttp,
  { counterId, ...call }: CallOptions & { readonly counterId: number },
): Promise<MetrikaCounter> {
  const path = `/management/v1/counter/${counterId}`;
  return (await http({ ...call, method: "GET", path, answer: OneCounterAnswer })).counter;
}

/** What a new counter is made of. */
export interface NewCounter {
  /** Up to 255 characters. */
  readonly name: string;
  /** The site's address without a scheme: `example.com`. */
  readonly site: string;
  /** Name in the tz database; default: Metrika's own. */
  readonly timeZoneName?: string;
}

/** Makes a counter. A repeated call makes a second one: after a lost answer read the list first. */
export async function createCounter(
  http: MetrikaHttp,
  { counter, ...call }: CallOptions & { readonly counter: NewCounter },
): Promise<MetrikaCounter> {
  const { name, site, timeZoneName } = counter;
  const value = { counter: { name, site2: { site }, ...(timeZoneName && { time_zone_name: timeZoneName }) } };
  const body = { kind: "json", value } as const;
  return (await http({ ...call, method: "POST", path: "/management/v1/counters", body, answer: OneCounterAnswer }))
    .counter;
}
