import { crmDefaults, defineSource, type SourcePlugin } from "metrika-gateway/plugin";
import * as v from "valibot";

type Schedule = NonNullable<SourcePlugin["schedule"]>;

/** What a source of the test does when it is due. */
export type Polls = Schedule["run"];

/** A plugin that takes no requests: it does by the clock what the test says. */
export const pollingPlugin = (run: Polls): SourcePlugin =>
  defineSource({
    ...{ apiVersion: 1, name: "polling", version: "2.1.0", config: v.object({ shop: v.optional(v.string()) }) },
    title: { ru: "Опрос", en: "Polling" },
    summary: { ru: "Опрашивает магазин.", en: "Polls a shop." },
    verify: null,
    defaults: crmDefaults,
    schedule: { defaultCron: "0 * * * *", run },
  });
