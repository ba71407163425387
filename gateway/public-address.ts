import { isIP } from "node:net";
import { type Language, type Localized, render } from "../core/language.ts";

/** What is told of an address under which senders cannot reach the gateway, or should not, by stable code. */
export const addressSentences = {
  address_local: {
    ru: "Адрес {url} ведёт на саму машину шлюза, извне по нему не попасть. Укажите в PUBLIC_URL адрес, под которым шлюз виден отправителям, например https://gateway.example.com.",
    en: "The address {url} leads to the gateway's own machine: nobody reaches it from elsewhere. Set PUBLIC_URL to the address under which senders reach the gateway, such as https://gateway.example.com.",
  },
  address_not_https: {
    ru: "Адрес {url} — не HTTPS: облачные CRM на него не отправляют, а секрет идёт по сети открытым. Поставьте перед шлюзом веб-сервер с TLS и укажите в PUBLIC_URL адрес https://.",
    en: "The address {url} is not HTTPS: CRMs in the cloud do not post to it, and the secret travels readable. Put a web server with TLS in front of the gateway and set PUBLIC_URL to its https:// address.",
  },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link addressSentences}. */
type AddressCode = keyof typeof addressSentences;

/** What is doubtful about an address, as answers tell it. */
export interface AddressWarning {
  readonly code: AddressCode;
  readonly message: string;
}

/**
 * What is doubtful about the address that webhook addresses are built from; empty when senders anywhere can post to it.
 * @param publicUrl an http(s) address, as the configuration holds it
 */
export function addressWarnings(publicUrl: string, language: Language): readonly AddressWarning[] {
  const code = doubtAbout(new URL(publicUrl));
  return code === null ? [] : [{ code, message: render(addressSentences[code], language, { url: publicUrl }) }];
}

function doubtAbout({ protocol, hostname }: URL): AddressCode | null {
  if (isOwnMachine(hostname.replace(/^\[|\]$/g, ""))) return "address_local";
  // A private network is no fault: a CRM may stand in it too.
  return protocol === "https:" ? null : "address_not_https";
}

function isOwnMachine(host: string): boolean {
  if (isIP(host) === 0) return /(?:^|\.)localhost\.?$/i.test(host);
  return /^(?:127\.|0\.0\.0\.0$|::1?$|::ffff:7f)/i.test(host);
}
