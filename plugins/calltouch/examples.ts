/** A call that was answered, as a hook with its parameters in the body. */
export const callHook =
  "id=1234567&callerphone=79990000001&phonenumber=74990000000&calltime=2026-11-20+15%3A32%3A47&duration=64&status=successful&unique=true&yaClientId=1770146617335078468&utm_source=%3C%D0%BD%D0%B5+%D1%83%D0%BA%D0%B0%D0%B7%D0%B0%D0%BD%D0%BE%3E&source=yandex&medium=cpc";

/** A deal that came to a stage, sent to the address with `?event=deal`. */
export const dealHook =
  "id=88001&status=%D0%9E%D0%BF%D0%BB%D0%B0%D1%87%D0%B5%D0%BD&sum=50600.50&yaClientId=1770146617335078468&phone=79990000001";

/** What Calltouch sends when the address is tried: variables without values. */
export const trialHook =
  "callerphone=%7Bcallerphone%7D&phonenumber=%7Bphonenumber%7D&calltime=%7Bcalltime%7D&status=%7Bstatus%7D&unique=%7Bunique%7D";
