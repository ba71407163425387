import { type Leftover, quoteValue } from "metrika-gateway/plugin";

// The reasons that only amoCRM gives. Those of the mapping are the platform's.

/** An event that tells of no stage: of a contact, of a task, of a deleted lead. */
export function notAStage(subject: string): Leftover {
  return {
    subject: quoteValue(subject),
    code: "not_a_stage",
    message: {
      ru: "Событие говорит не о стадии сделки. Чтобы такие не приходили, подпишите хук только на смену статуса сделки.",
      en: "The event is not about a lead's stage. To spare them, subscribe the hook to changes of a lead's status alone.",
    },
    needs: "nothing",
  };
}

/** The body holds no event at all. */
export function nothingTold(): Leftover {
  return {
    subject: "hook",
    code: "nothing_told",
    message: {
      ru: "В теле нет ни одного события amoCRM.",
      en: "The body holds no event of amoCRM.",
    },
    needs: "nothing",
  };
}

/** An event of a lead without an id or a stage. */
export function leadUnreadable(action: string): Leftover {
  return {
    subject: `leads ${action}`,
    code: "lead_unreadable",
    message: {
      ru: "В событии нет номера сделки (id) или её стадии (status_id).",
      en: "The event names no lead (id) or no stage (status_id).",
    },
    needs: "person",
  };
}

/** The hook is another account's. */
export function otherAccount(named: string, domain: string): Leftover {
  return {
    subject: "account",
    code: "other_account",
    message: {
      ru: `Хук пришёл из аккаунта «${quoteValue(named)}», а источник настроен на ${domain}. Уберите адрес источника из того аккаунта или исправьте domain.`,
      en: `The hook is from the account "${quoteValue(named)}", the source is for ${domain}. Remove the source's address there, or correct domain.`,
    },
    needs: "person",
  };
}

/** The API knows no such lead. */
export function leadNotFound(leadId: string): Leftover {
  return {
    subject: `lead ${leadId}`,
    code: "lead_not_found",
    message: {
      ru: "amoCRM не нашла сделку: её удалили, или у владельца токена нет к ней доступа.",
      en: "amoCRM finds no such lead: it was deleted, or the token's owner has no access to it.",
    },
    needs: "person",
  };
}

/** The lead is in the bin. */
export function leadDeleted(leadId: string): Leftover {
  return {
    subject: `lead ${leadId}`,
    code: "lead_deleted",
    message: { ru: "Сделка удалена в amoCRM.", en: "The lead was deleted in amoCRM." },
    needs: "nothing",
  };
}

/** amoCRM sends us nothing any more. */
export function hookDisabled(): Leftover {
  return {
    subject: "hook",
    code: "hook_disabled",
    message: {
      ru: "amoCRM отключила хук этого источника: смены стадий приходят только из журнала, раз в 15 минут. Включите хук в настройках amoCRM (WebHooks).",
      en: "amoCRM has switched this source's hook off: stages come from the journal alone, every 15 minutes. Switch it on in amoCRM's settings (WebHooks).",
    },
    needs: "person",
  };
}
