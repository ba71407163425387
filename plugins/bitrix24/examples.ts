/** An outgoing webhook about a deal that was changed: its number, and nothing more. */
export const changedDeal =
  "event=ONCRMDEALUPDATE&event_handler_id=201&data[FIELDS][ID]=759&ts=1795435200&auth[domain]=acme.bitrix24.ru&auth[client_endpoint]=https://acme.bitrix24.ru/rest/&auth[server_endpoint]=https://oauth.bitrix24.tech/rest/&auth[member_id]=a223c6b3710f85df22e9377d6c4f7553&auth[application_token]=a-token-that-bitrix24-shows";
