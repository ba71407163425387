import { type Language, type Localized, render } from "../language.ts";

/** A letter as a mail server gets it. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const subject: Localized = {
  ru: "Новый пароль для metrika-gateway",
  en: "A new password for metrika-gateway",
};

const text: Localized = {
  ru: `Здравствуйте!

Чтобы задать новый пароль для metrika-gateway, откройте ссылку:

{url}

Она действует {minutes} мин. и сработает один раз. Если вы не просили о новом пароле, ничего делать не нужно: прежний остаётся в силе.
`,
  en: `Hello,

To set a new password for metrika-gateway, open this link:

{url}

It is good for {minutes} min and works once. If you did not ask for a new password, there is nothing to do: the present one stays.
`,
};

/** The letter with the link to a new password. */
export function recoveryMail(to: string, url: string, lifeMs: number, language: Language): Mail {
  return {
    to,
    subject: render(subject, language),
    text: render(text, language, { url, minutes: lifeMs / 60_000 }),
  };
}
