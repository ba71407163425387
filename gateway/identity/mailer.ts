import type { Mail } from "../../core/identity/recovery-mail.ts";
import type { Config } from "../config.ts";

/** A mail server that says nothing for so long is given up. */
const SILENCE_MS = 10_000;

/** Sends letters through the server of SMTP_URL; null where none is set. */
export function createMailer({ smtpUrl, mailFrom }: Config): ((mail: Mail) => Promise<void>) | null {
  if (smtpUrl === null || mailFrom === null) return null;
  return async (mail) => {
    // Loaded with the first letter: it would make each start 0.1 s longer (measured), and many gateways send none.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      url: smtpUrl,
      ...{ connectionTimeout: SILENCE_MS, greetingTimeout: SILENCE_MS, socketTimeout: SILENCE_MS },
      // A letter says what we wrote: nothing of it is read from files or addresses.
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    await transport.sendMail({ ...mail, from: mailFrom });
  };
}
