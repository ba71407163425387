import { type Leftover, quoteValue } from "metrika-gateway/plugin";
import type { Entity } from "./config.ts";

// The reasons that only Bitrix24 gives. Those of the mapping are the platform's.

/** The body holds no event at all. */
export const nothingTold: Leftover = {
  ...{ subject: "hook", code: "nothing_told", needs: "nothing" },
  message: { ru: "В теле нет события Битрикс24 (event).", en: "The body holds no event of Bitrix24 (event)." },
};

/** An event about something else: a deleted deal, a contact, a task. */
export function notAChange(event: string): Leftover {
  return {
    ...{ subject: quoteValue(event), code: "not_a_change", needs: "nothing" },
    message: {
      ru: "Событие не о создании и не об изменении сделки или лида. Чтобы такие не приходили, оставьте в исходящем вебхуке только ONCRMDEALADD и ONCRMDEALUPDATE.",
      en: "The event is not about a deal or lead that was made or changed. To spare them, leave only ONCRMDEALADD and ONCRMDEALUPDATE in the outgoing webhook.",
    },
  };
}

/** An event of deals or leads without a number. */
export function entityUnreadable(event: string): Leftover {
  return {
    ...{ subject: quoteValue(event), code: "entity_unreadable", needs: "person" },
    message: {
      ru: "В событии нет номера сделки или лида (data[FIELDS][ID]).",
      en: "The event names no deal or lead (data[FIELDS][ID]).",
    },
  };
}

/** Deals or leads that the source does not read. */
export function entityNotRead({ entity, id }: { readonly entity: Entity; readonly id: string }): Leftover {
  return {
    ...{ subject: `${entity} ${id}`, code: "entity_not_read", needs: "nothing" },
    message: {
      ru: `Источник таких не читает. Если они нужны, добавьте "${entity}" в entities.`,
      en: `The source does not read these. If they are wanted, add "${entity}" to entities.`,
    },
  };
}

/** The hook is another portal's. */
export function otherPortal(named: string, domain: string): Leftover {
  return {
    ...{ subject: "portal", code: "other_portal", needs: "person" },
    message: {
      ru: `Хук пришёл с портала «${quoteValue(named)}», а источник настроен на ${domain}. Уберите адрес источника из того портала или исправьте domain и member_id.`,
      en: `The hook is from the portal "${quoteValue(named)}", the source is for ${domain}. Remove the source's address there, or correct domain and member_id.`,
    },
  };
}

/** The portal knows no such deal or lead. */
export function entityNotFound({ entity, id }: { readonly entity: Entity; readonly id: string }): Leftover {
  return {
    ...{ subject: `${entity} ${id}`, code: `${entity}_not_found`, needs: "person" },
    message: {
      ru: "Битрикс24 не находит запись: её удалили, или у владельца входящего вебхука нет к ней доступа.",
      en: "Bitrix24 finds no such record: it was deleted, or the owner of the inbound webhook has no access to it.",
    },
  };
}
