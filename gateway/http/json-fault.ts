import type { Localized } from "../../core/language.ts";

/** Where a text stops being JSON, counted from 1 in characters as an editor shows them, and the likely reason. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly cause: JsonFaultCause;
}

/** Why texts that were meant as JSON usually are not, each with its mend. */
export const jsonFaultCauses = {
  empty: {
    ru: "Тело запроса пустое; проверьте, что данные действительно отправляются.",
    en: "The body is empty; check that the data is really sent.",
  },
  cut_short: {
    ru: "Текст обрывается: не хватает закрывающей скобки или кавычки.",
    en: "The text ends too early: a closing bracket or quotation mark is missing.",
  },
  single_quotes: {
    ru: "Строки и имена полей пишутся в двойных кавычках, а не в одинарных.",
    en: "Strings and field names stand in double quotation marks, not single ones.",
  },
  typographic_quotes: {
    ru: 'Здесь типографская кавычка; нужна прямая (").',
    en: 'This is a typographic quotation mark; a straight one (") is needed.',
  },
  unquoted_name: {
    ru: "Имена полей пишутся в двойных кавычках.",
    en: "Field names stand in double quotation marks.",
  },
  trailing_comma: {
    ru: "После последнего элемента стоит лишняя запятая.",
    en: "There is a comma after the last element.",
  },
  decimal_comma: {
    ru: "Дробная часть числа отделяется точкой: 1500.50, а не 1500,50.",
    en: "A decimal point separates the fraction of a number: 1500.50, not 1500,50.",
  },
  missing_comma: {
    ru: "Здесь ожидается запятая или закрывающая скобка.",
    en: "A comma or a closing bracket is expected here.",
  },
  missing_colon: {
    ru: "После имени поля ожидается двоеточие.",
    en: "A colon is expected after the name of a field.",
  },
  line_break_in_string: {
    ru: "Внутри строки стоит перевод строки или другой управляющий символ; замените его на \\n, \\t и т. п.",
    en: "There is a line break or another control character inside a string; write it as \\n, \\t and so on.",
  },
  bad_escape: {
    ru: "Неверная последовательность после обратной косой черты; сама косая черта пишется как \\\\.",
    en: "This is no valid escape; a backslash itself is written \\\\.",
  },
  bad_number: {
    ru: "Неверная запись числа: без знака «+», без нулей в начале, без пробелов и с цифрами после точки.",
    en: "This is no valid number: no plus sign, no leading zeros, no spaces, and digits after the point.",
  },
  foreign_word: {
    ru: "Такого значения в JSON нет; есть только true, false и null (строчными буквами).",
    en: "JSON has no such value; it has only true, false and null, in small letters.",
  },
  comment: {
    ru: "Комментарии в JSON не допускаются.",
    en: "JSON has no comments.",
  },
  form: {
    ru: "Похоже, данные отправлены как форма; отправьте JSON.",
    en: "The data looks like a submitted form; send JSON.",
  },
  xml: {
    ru: "Похоже на XML или HTML; отправьте JSON.",
    en: "It looks like XML or HTML; send JSON.",
  },
  text_after_end: {
    ru: "После конца документа есть ещё текст; отправляйте один документ за запрос.",
    en: "There is more text after the end of the document; send one document a request.",
  },
  too_deep: {
    ru: "Слишком много вложенных уровней.",
    en: "There are too many levels of nesting.",
  },
  too_wide: {
    ru: "В одном элементе больше миллиона значений.",
    en: "A single element holds more than a million values.",
  },
  unexpected: {
    ru: "Здесь стоит неожиданный символ.",
    en: "This character is unexpected here.",
  },
} satisfies Record<string, Localized>;

/** The likely reason of a fault. */
export type JsonFaultCause = keyof typeof jsonFaultCauses;

type Expected = "value" | "value or ]" | "name" | "name or }" | "colon" | "comma" | "end";

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+])/y;
const WORD = /(?:true|false|null)(?!\w)/y;

/**
 * Finds where and why a text is not JSON (RFC 8259); null when it is. For texts that `JSON.parse` has refused: Bun's
 * own messages name no place. Iterative, so nesting cannot exhaust the stack.
 */
export function findJsonFault(text: string): JsonFault | null {
  const closers: ("}" | "]")[] = [];
  let expected: Expected = "value";
  let afterNumber = false;
  let at = 0;

  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const afterValue = (): Expected => (closers.length === 0 ? "end" : "comma");
  const fault = (cause: JsonFaultCause): JsonFault => ({ ...placeOf(text, at), cause });

  for (;;) {
    skip(SPACE);
    if (at >= text.length) {
      if (expected === "end") return null;
      return fault(text.trim() === "" ? "empty" : "cut_short");
    }
    const character = text[at] as string;
    const wasNumber: boolean = afterNumber;
    afterNumber = false;
    if (expected === "end") return fault(causeOf(text, at, "text_after_end"));

    if (expected === "comma" || expected === "value or ]" || expected === "name or }") {
      const closer = closers.at(-1);
      if (character === closer) {
        closers.pop();
        at++;
        expected = afterValue();
        continue;
      }
      if (expected === "comma") {
        if (character !== ",") return fault(causeOf(text, at, "missing_comma"));
        at++;
        expected = closer === "}" ? "name" : "value";
        afterNumber = wasNumber;
        continue;
      }
    }
    if (expected === "colon") {
      if (character !== ":") return fault(causeOf(text, at, "missing_colon"));
      at++;
      expected = "value";
      continue;
    }

    const isName: boolean = expected === "name" || expected === "name or }";
    if (character === '"') {
      skip(STRING);
      if (text[at] !== '"') return fault(stringFault(text, at));
      at++;
      expected = isName ? "colon" : afterValue();
      continue;
    }
    if (isName) {
      if (character === "}" || character === "]") return fault("trailing_comma");
      if (wasNumber && /\d/.test(character)) return fault("decimal_comma");
      return fault(causeOf(text, at, /[\p{L}\d_$]/u.test(character) ? "unquoted_name" : "unexpected"));
    }
    if (character === "{" || character === "[") {
      closers.push(character === "{" ? "}" : "]");
      at++;
      expected = character === "{" ? "name or }" : "value or ]";
      continue;
    }
    if (skip(NUMBER)) {
      afterNumber = true;
      expected = afterValue();
    } else if (skip(WORD)) expected = afterValue();
    else return fault(valueFault(text, at));
  }
}

function stringFault(text: string, at: number): JsonFaultCause {
  if (at >= text.length) return "cut_short";
  return text[at] === "\\" ? (at + 1 >= text.length ? "cut_short" : "bad_escape") : "line_break_in_string";
}

function valueFault(text: string, at: number): JsonFaultCause {
  const character = text[at] as string;
  if (character === "]" || character === "}")
    return text.slice(0, at).trimEnd().endsWith(",") ? "trailing_comma" : "unexpected";
  if (at === 0 && /^[\w.~%+-]+(?:\[[^\]]*\])*=/.test(text.slice(0, 300))) return "form";
  if (/[-+.\d]/.test(character)) return "bad_number";
  return causeOf(text, at, /\p{L}/u.test(character) ? "foreign_word" : "unexpected");
}

/** Characters that betray the reason wherever they stand; else the given one. */
function causeOf(text: string, at: number, otherwise: JsonFaultCause): JsonFaultCause {
  const character = text[at] as string;
  if (character === "'") return "single_quotes";
  if ("“”„«»‘’".includes(character)) return "typographic_quotes";
  if (character === "<") return "xml";
  if (character === "#" || (character === "/" && /[/*]/.test(text[at + 1] ?? ""))) return "comment";
  return otherwise;
}

/** The place of an offset, counted as an editor counts. */
export function placeOf(text: string, at: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < at; next = text.indexOf("\n", start)) {
    line++;
    start = next + 1;
  }
  return { line, column: at - start + 1 };
}
