/**
 * Money that people pay with, by ISO 4217 (https://www.six-group.com/en/products-services/financial-information/data-standards.html),
 * with the codes withdrawn since 2023 (ANG, BGN, HRK, SLL, ZWL). A written list, not `Intl.supportedValuesOf("currency")`:
 * that one holds a hundred dead currencies (Metrika would drop the amount) and changes with the engine.
 */
const CODES = `
  AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
  COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS
  INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
  MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
  SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST
  XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL`;

const currencies: ReadonlySet<string> = new Set(CODES.trim().split(/\s+/));

/** What people write instead of a code: signs, words, numeric codes, codes of money that was replaced one to one. */
const SPELLINGS = {
  RUB: "₽ р руб рубль рубля рублей рубли ruble rubles rur 643 810",
  USD: "$ us$ доллар долларов 840",
  EUR: "€ евро euro 978",
  KZT: "₸ тенге тг 398",
  BYN: "byr бел.руб 933",
} as const;

const spellings: ReadonlyMap<string, string> = new Map(
  Object.entries(SPELLINGS).flatMap(([code, words]) => words.split(" ").map((word): [string, string] => [word, code])),
);

/** Whether a code is a currency of ISO 4217, in upper case. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}

/** The code that a text probably means ("руб.", " rub", "RUR", "643" → "RUB"), or null. */
export function guessCurrency(text: string): string | null {
  const word = text.trim().replace(/\.$/, "").toLowerCase();
  return spellings.get(word) ?? (isCurrency(word.toUpperCase()) ? word.toUpperCase() : null);
}
