/** Every reason for which learning or a model is refused, in both languages; `{name}` marks a blank. */
export const learningSentences = {
  too_few_positives: {
    ru: "Мало положительных примеров в части «{part}»: {found}, нужно не меньше {needed}. Возьмите более длинный период или цель, которой достигают чаще.",
    en: "Too few positive examples in the part “{part}”: {found}, at least {needed} are needed. Take a longer period or a goal that is reached more often.",
  },
  too_few_negatives: {
    ru: "Мало отрицательных примеров в части «{part}»: {found}, нужно не меньше {needed}. Цель, которой достигают почти все, отличить визиты не поможет; возьмите более редкую.",
    en: "Too few negative examples in the part “{part}”: {found}, at least {needed} are needed. A goal that nearly everybody reaches tells no visits apart; take a rarer one.",
  },
  nothing_learnt: {
    ru: "По этим признакам визиты не отличить: на новых визитах ROC AUC модели {found}, а {needed} и больше один раз из ста выходит случайно. Добавьте признаки или возьмите более длинный период.",
    en: "These features do not tell the visits apart: the model's ROC AUC on new visits is {found}, and chance alone reaches {needed} one time in a hundred. Add features or take a longer period.",
  },
  precision_out_of_reach: {
    ru: "Точность {wanted} недостижима: лучшая, при которой отобрано не меньше {rows} визитов, равна {reached}. Задайте точность пониже или долю визитов.",
    en: "A precision of {wanted} cannot be reached: the best with at least {rows} visits chosen is {reached}. State a lower precision, or a share of visits.",
  },
  aim_out_of_range: {
    ru: "Значение «{aim}» для порога равно {value}, а должно быть больше 0 и меньше 1.",
    en: "The threshold's “{aim}” is {value}; it must be more than 0 and less than 1.",
  },
  option_out_of_range: {
    ru: "Параметр «{option}» равен {value}, а должен быть {range}.",
    en: "The option “{option}” is {value}; it must be {range}.",
  },
  no_features: {
    ru: "В таблице нет ни одного признака.",
    en: "The table has no features.",
  },
  feature_repeated: {
    ru: "Признак «{feature}» стоит в таблице дважды. Дайте столбцам разные имена.",
    en: "The feature “{feature}” stands in the table twice. Give the columns different names.",
  },
  feature_missing: {
    ru: "В таблице нет признака «{feature}» вида {kind}, по которому учили модель.",
    en: "The table lacks the {kind} feature “{feature}”, from which the model was learnt.",
  },
  category_unknown: {
    ru: "Признак «{feature}»: в строке {row} стоит код {code}, а категорий {categories}. Код считается с нуля, −1 означает «неизвестно».",
    en: "The feature “{feature}” has the code {code} in row {row}, but there are {categories} categories. Codes count from zero, −1 is unknown.",
  },
  category_repeated: {
    ru: "Признак «{feature}»: категория «{category}» названа дважды.",
    en: "The feature “{feature}” names the category “{category}” twice.",
  },
  lengths_differ: {
    ru: "В столбце «{column}» строк {found}, а в таблице {expected}.",
    en: "The column “{column}” has {found} rows, the table has {expected}.",
  },
  label_not_binary: {
    ru: "В строке {row} метка {value}, а должна быть 0 или 1.",
    en: "The label in row {row} is {value}; it must be 0 or 1.",
  },
  time_unknown: {
    ru: "В строке {row} нет времени: {value}. Нужны миллисекунды от 1970 года по UTC.",
    en: "Row {row} has no time: {value}. Milliseconds since 1970 in UTC are needed.",
  },
  model_not_json: {
    ru: "Файл модели не читается как JSON: {problem}.",
    en: "The model does not read as JSON: {problem}.",
  },
  model_newer: {
    ru: "Модель записана в формате {found}, а эта версия понимает форматы до {known}. Обновите шлюз или обучите модель заново.",
    en: "The model is written in format {found}, and this version understands formats up to {known}. Update the gateway, or train the model anew.",
  },
  model_malformed: {
    ru: "Это не модель или она повреждена, поле «{field}»: {problem}. Обучите модель заново.",
    en: "This is no model or it is damaged, field “{field}”: {problem}. Train the model anew.",
  },
} as const satisfies Readonly<Record<string, { readonly ru: string; readonly en: string }>>;

/** The stable code of a refusal. */
export type LearningCode = keyof typeof learningSentences;

/** Values for the blanks of a sentence. */
export type LearningParams = Readonly<Record<string, string | number>>;

/** Learning, or the use of a model, is refused: a stable code, the numbers that speak of it, and a sentence for people. */
export class LearningError extends Error {
  override readonly name = "LearningError";
  readonly code: LearningCode;
  readonly params: LearningParams;

  constructor(code: LearningCode, params: LearningParams = {}) {
    super(fill(learningSentences[code].en, params));
    this.code = code;
    this.params = params;
  }

  /** The reason as a sentence. */
  tell(language: "ru" | "en"): string {
    return fill(learningSentences[this.code][language], this.params);
  }
}

function fill(sentence: string, params: LearningParams): string {
  return sentence.replace(/\{(\w+)\}/g, (blank, name: string) => String(params[name] ?? blank));
}
