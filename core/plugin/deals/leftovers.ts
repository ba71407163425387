import { quoteValue } from "../../language.ts";
import type { Leftover } from "../raw-intake.ts";
import type { Deal } from "./deal.ts";

// The reasons for which a deal becomes no conversion, whatever its CRM.

/** How lists name a deal: "lead 2050297". */
export function subjectOf({ kind, id }: Pick<Deal, "kind" | "id">): string {
  return `${kind} ${id}`;
}

/** Its pipeline is mapped, its stage is not. */
export function stageNotMapped(deal: Deal, needs: Leftover["needs"]): Leftover {
  const [stage, pipeline] = [showNames(deal.stage), showNames(deal.pipeline)];
  return {
    subject: subjectOf(deal),
    code: "stage_not_mapped",
    message: {
      ru: `Для стадии «${stage}»${pipeline && ` воронки «${pipeline}»`} цель не указана. Добавьте стадию в targets или, если она не новость, в ignore_stages, и повторите обработку.`,
      en: `Stage "${stage}"${pipeline && ` of pipeline "${pipeline}"`} has no target. Add it to targets, or to ignore_stages if it is no news, and replay.`,
    },
    needs,
  };
}

/** Its stage is listed as no news. */
export function stageIgnored(deal: Deal): Leftover {
  const stage = showNames(deal.stage);
  return {
    subject: subjectOf(deal),
    code: "stage_ignored",
    message: {
      ru: `Стадия «${stage}» указана в ignore_stages.`,
      en: `Stage "${stage}" is listed in ignore_stages.`,
    },
    needs: "nothing",
  };
}

/** No rule is for its pipeline. */
export function pipelineNotMapped(deal: Deal): Leftover {
  const pipeline = showNames(deal.pipeline);
  return {
    subject: subjectOf(deal),
    code: "pipeline_not_mapped",
    message: {
      ru: `Воронка «${pipeline}» не указана ни в одной строке targets.`,
      en: `No line of targets is for pipeline "${pipeline}".`,
    },
    needs: "nothing",
  };
}

/** It cannot be told whose conversion it is. `value` is null where the field is empty. */
export function counterUnknown(deal: Deal, field: string, value: string | null): Leftover {
  const [name, shown] = [quoteValue(field), value === null ? null : quoteValue(value)];
  return {
    subject: subjectOf(deal),
    code: "counter_unknown",
    message:
      shown === null
        ? {
            ru: `Поле «${name}», по которому выбирается счётчик, пусто. Заполните его в CRM или укажите route.without_value: own_counter, и повторите обработку.`,
            en: `The field "${name}", by which the counter is chosen, is empty. Fill it in the CRM, or set route.without_value to own_counter, and replay.`,
          }
        : {
            ru: `Значению «${shown}» поля «${name}» не соответствует ни один счётчик. Добавьте его в route.counters и повторите обработку.`,
            en: `The value "${shown}" of the field "${name}" leads to no counter. Add it to route.counters and replay.`,
          },
    needs: "person",
  };
}

/** The counter that its field leads to is not among those of the source. */
export function counterNotAllowed(subject: string, counterId: number): Leftover {
  return {
    subject,
    code: "counter_not_allowed",
    message: {
      ru: `Счётчик ${counterId} не разрешён этому источнику. Добавьте его в options.counters источника и повторите обработку.`,
      en: `Counter ${counterId} is not one of this source. Add it to the source's options.counters and replay.`,
    },
    needs: "person",
  };
}

/** The readable name, with the first of the others, by which it is mapped most exactly: "Успешно реализовано (142)". */
function showNames(names: readonly string[]): string {
  const [first = "", last = first] = [names[0], names.at(-1)];
  return quoteValue(first === last ? last : `${last} (${first})`);
}
