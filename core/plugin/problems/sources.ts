import { kind } from "./kind.ts";

/** Of sources and their plugins, as people manage them. */
export const sourcesProblems = {
  plugin_unlisted: kind(
    409,
    { ru: "Плагин не подключён", en: "Plugin not listed" },
    {
      ru: "Плагина {plugin} нет среди подключённых. Добавьте его в GATEWAY_PLUGINS и перезапустите шлюз; до этого источник можно прочитать, выключить и удалить.",
      en: "The plugin {plugin} is not among those that are listed. Add it to GATEWAY_PLUGINS and start the gateway again; until then its sources can be read, disabled and deleted.",
    },
  ),
  source_waiting: kind(
    409,
    { ru: "Источник ждёт человека", en: "The source waits for a person" },
    { ru: "Сейчас это сделать нельзя. {reason}", en: "This cannot be done now. {reason}" },
  ),
  check_unavailable: kind(
    409,
    { ru: "Проверки соединения нет", en: "No check of the connection" },
    {
      ru: "Плагин {plugin} не умеет проверять соединение: он только принимает запросы. Отправьте пробный запрос и посмотрите, что с ним стало.",
      en: "The plugin {plugin} has no check of its connection: it only takes requests. Send one for a trial, and look what became of it.",
    },
  ),
  trial_unavailable: kind(
    409,
    { ru: "Пробовать нечего", en: "Nothing to try" },
    {
      ru: "Плагин {plugin} отвечает отправителю сразу, поэтому пробного запроса у него нет. Отправьте ему запрос с mode=dry_run.",
      en: "The plugin {plugin} answers its senders itself, so there is nothing to try here. Send it a request with mode=dry_run.",
    },
  ),
  secret_unused: kind(
    409,
    { ru: "У источника нет секрета", en: "The source has no secret" },
    {
      ru: "Плагин {plugin} не принимает запросов, поэтому секрета у его источников нет.",
      en: "The plugin {plugin} takes no requests, so its sources have no secret.",
    },
  ),
  run_unavailable: kind(
    409,
    { ru: "Запускать нечего", en: "Nothing to run" },
    {
      ru: "Плагин {plugin} ничего не делает по расписанию: он только принимает запросы.",
      en: "The plugin {plugin} does nothing by the clock: it only takes requests.",
    },
  ),
  run_under_way: kind(
    409,
    { ru: "Запуск уже идёт", en: "A run is under way" },
    {
      ru: "У источника уже есть запуск, который ждёт или идёт. Дождитесь его конца или отмените его: GET {path} покажет какой.",
      en: "The source has a run already that waits or is being done. Wait for its end, or cancel it: GET {path} tells which.",
    },
  ),
  run_ended: kind(
    409,
    { ru: "Запуск уже закончен", en: "The run has ended" },
    {
      ru: "Отменить можно только запуск, который ждёт или идёт; этот закончен: {state}.",
      en: "Only a run that waits or is being done can be cancelled; this one has ended: {state}.",
    },
  ),
  source_disabled: kind(
    409,
    { ru: "Источник выключен", en: "The source is disabled" },
    {
      ru: "Включите источник запросом PATCH с is_active: true. Пробный запуск с dry_run: true возможен и так.",
      en: "Enable the source by a PATCH with is_active: true. A dry run, with dry_run: true, is possible all the same.",
    },
  ),
} as const;
