import { emitDeals, type Leftover, type RawIntake, type SourceContext } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { toDeal } from "./to-deal.ts";

/** Takes what a form sent. */
export async function handleForm(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const deal = toDeal(await intake.readForm(), intake);
  return deal === null ? [connected] : emitDeals(source, source.config, [deal]);
}

const connected: Leftover = {
  ...{ subject: "test", code: "test_request", needs: "nothing" },
  message: {
    ru: "Tilda проверила адрес при подключении. Теперь отправьте форму на сайте.",
    en: "Tilda tried the address when it was connected. Now send a form on the site.",
  },
};
