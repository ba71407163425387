/** A call that was answered and is a lead, on a site that hands its ClientID to Callibri. */
export const callEvent =
  "event_type=call&phone=79990000001&name=%D0%9A%D0%BB%D0%B8%D0%B5%D0%BD%D1%82&billsec=64&call_status=%D0%9E%D1%82%D0%B2%D0%B5%D1%87%D0%B5%D0%BD&is_lid=1&lid_id=555001&source=yandex&date_project=2026-11-20+15%3A32%3A47&utm_source=yandex&ym_client_id=1770146617335078468&ua_client_id=1591447729.1675576268";
