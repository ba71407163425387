/** A cart that was ordered, with the visitor's cookies. */
export const cartRequest =
  "Name=Иван&Email=buyer%40example.test&Phone=%2B7+%28900%29+000-00-00&payment[orderid]=1445725799&payment[products][0][name]=Товар&payment[products][0][quantity]=1&payment[products][0][amount]=50600&payment[products][0][price]=50600&payment[amount]=50600&payment[subtotal]=50600&COOKIES=_ym_uid%3D1770146617335078468%3B+_ym_d%3D1770146617%3B+TILDAUTM%3Dutm_source%253Dyandex%257C%257C%257C&formid=form1102463091&formname=Cart&tranid=5489108%3A4282870741";

/** A request for a call back, on a site where Calltouch keeps the ClientID as well. */
export const callbackRequest =
  "Name=callback&Phone=%2B70000000000&formid=form508388136&tranid=5489108%3A4282870742&COOKIES=_ym_uid_cst%3DzwA%253D%3B+cted%3DmodId%253Djqw9m221%253Bya_client_id%253D166981941248857364%3Btildauid%3D1669819412038.379201";

/** What Tilda sends when the address is entered. */
export const testRequest = "test=test";
