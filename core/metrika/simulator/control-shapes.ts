import * as v from "valibot";
import { FaultShape, operations } from "./faults.ts";
import { SettingsShape } from "./settings.ts";
import { permissions, scopes } from "./world.ts";

/** A time: milliseconds since 1970, or ISO 8601 with an offset. */
const Instant = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.isoTimestamp())]),
  v.transform((value) => new Date(value).getTime()),
);

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const PathPattern = v.pipe(
  v.string(),
  v.check((text) => {
    try {
      return Boolean(new RegExp(text));
    } catch {
      return false;
    }
  }, "no regular expression"),
  v.transform((text) => new RegExp(text)),
);

/** Body of `POST /_simulator/faults`, its keys already in camelCase. */
export const FaultsBody = v.pipe(
  v.union([v.array(v.unknown()), v.unknown()]),
  v.transform((body) => (Array.isArray(body) ? body : [body])),
  v.array(
    v.strictObject({
      match: v.optional(
        v.strictObject({
          method: v.optional(v.string()),
          path: v.optional(PathPattern),
          operation: v.optional(v.picklist(operations)),
          counterId: v.optional(v.number()),
          token: v.optional(v.string()),
        }),
      ),
      times: v.optional(v.union([v.pipe(v.number(), v.integer(), v.minValue(1)), v.literal("always")])),
      fault: FaultShape,
    }),
  ),
);

/** Body of `POST /_simulator/settings`: the settings to change. */
export const SettingsBody = v.partial(v.strictObject(SettingsShape.entries));

/** Body of `POST /_simulator/clock`. */
export const ClockBody = v.strictObject({ advanceMs: v.number() });

/** Body of `POST /_simulator/consent`. */
export const ConsentBody = v.strictObject({
  authorizeUrl: v.pipe(v.string(), v.url()),
  login: v.string(),
  refuse: v.optional(v.boolean()),
  scopes: v.optional(v.array(v.picklist(scopes))),
});

/** Body of `POST /_simulator/application_rights`: an application is registered with other rights. */
export const RightsBody = v.strictObject({ clientId: v.string(), scopes: v.array(v.picklist(scopes)) });

/** Body of `POST /_simulator/password`: a login changes its password. */
export const PasswordBody = v.strictObject({ login: v.string() });

/** Body of `POST /_simulator/seed`: what is added to the simulator's world. */
export const SeedBody = v.strictObject({
  logins: v.optional(v.array(v.string()), []),
  applications: v.optional(
    v.array(
      v.object({
        clientId: v.string(),
        clientSecret: v.optional(v.string()),
        name: v.optional(v.string()),
        redirectUris: v.array(v.pipe(v.string(), v.url())),
        scopes: v.optional(v.array(v.picklist(scopes))),
      }),
    ),
    [],
  ),
  tokens: v.optional(
    v.array(v.object({ token: v.string(), login: v.string(), scopes: v.optional(v.array(v.picklist(scopes))) })),
    [],
  ),
  counters: v.optional(
    v.array(
      v.object({
        id: v.optional(v.number()),
        name: v.string(),
        ownerLogin: v.string(),
        site: v.optional(v.string()),
        timeZoneName: v.optional(v.string()),
        grants: v.optional(v.record(v.string(), v.picklist(permissions))),
      }),
    ),
    [],
  ),
  goals: v.optional(
    v.array(
      v.object({
        counterId: v.number(),
        identifier: v.string(),
        name: v.optional(v.string()),
        type: v.optional(v.string()),
        condition: v.optional(v.string()),
      }),
    ),
    [],
  ),
  visits: v.optional(
    v.array(
      v.object({
        counterId: v.number(),
        clientId: v.optional(v.string()),
        userId: v.optional(v.string()),
        yclid: v.optional(v.string()),
        purchaseIds: v.optional(v.array(v.string())),
        startTime: Instant,
        endTime: v.optional(Instant),
      }),
    ),
    [],
  ),
  traffic: v.optional(
    v.array(
      v.strictObject({
        counterId: v.number(),
        visitors: v.pipe(v.number(), v.integer(), v.minValue(0)),
        days: v.pipe(v.number(), v.integer(), v.minValue(1)),
        seed: v.union([v.number(), v.string()]),
        firstDay: v.optional(v.pipe(v.string(), v.isoDate())),
        goals: v.optional(v.array(v.string())),
        purchaseGoal: v.optional(v.string()),
        withoutClientId: v.optional(Share),
        lateShare: v.optional(Share),
      }),
    ),
    [],
  ),
});
