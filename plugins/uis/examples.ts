/**
 * The template of a notification, as it is put into UIS, which writes each value as JSON: a text in quotes, nothing as null. Its variables are
 * those of a template that Planfix publishes for CallGear, the same service; it stands among the captured requests of senders.
 */
export const template = `{
  "notification_mnemonic": {{notification_mnemonic}},
  "notification_time": {{notification_time}},
  "call_session_id": {{call_session_id}},
  "virtual_phone_number": {{virtual_phone_number}},
  "contact_phone_number": {{contact_phone_number}},
  "communication_number": {{communication_number}},
  "direction": {{direction}},
  "call_source": {{call_source}},
  "scenario_name": {{scenario_name}},
  "talk_time_duration": {{talk_time_duration}},
  "total_time_duration": {{total_time_duration}},
  "tag_names": {{tag_names}}
}`;

/** A call of somebody new that was answered, as the template makes it; with the ClientID, where an account has a variable for it. */
export const answeredCall = {
  notification_mnemonic: "call_finished",
  notification_time: "2026-11-20 15:34:05.412",
  call_session_id: 1234567890,
  virtual_phone_number: "74990000000",
  contact_phone_number: "79990000001",
  communication_number: 1,
  direction: "in",
  call_source: "va",
  scenario_name: "Основной",
  talk_time_duration: 64,
  total_time_duration: 80,
  tag_names: null,
  ym_client_id: "1770146617335078468",
};
