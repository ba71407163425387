import { attempt } from "./cookies.ts";
import type { Identifiers } from "./identifiers.ts";
import { KINDS, type Kind, type Options } from "./options.ts";

type Field = HTMLInputElement | HTMLTextAreaElement;

/** On fields that the script has added, so that it knows them again, as well in a copy of a form. */
const ADDED = "data-metrika-gateway";

/**
 * Keeps the identifiers in the fields of the page's forms, those that come later included.
 * @param identifiers what is known by now
 * @param refresh is called when a form is about to be sent
 * @returns begins; again: brings all forms up to date, which also empties what is not known any more
 */
export function createForms(
  { names, origins }: Options,
  identifiers: () => Identifiers,
  refresh: () => void,
): () => void {
  const roots = new Set<Document | ShadowRoot>();
  /** What stands in fields of the site's own by our hand. */
  const filled = new WeakMap<Field, string>();

  /** @param sent what has been gathered of the form already, when it is just being sent */
  const settle = (form: Element, sent?: FormData) => {
    const values = identifiers();
    const isIgnored = form.closest("[data-metrika-ignore]");
    const mayAdd = !isIgnored && mayAddTo(form, origins);
    for (const kind of KINDS) {
      const value = values[kind] || "";
      const fields = fieldsOf(form, kind, names[kind]);
      const mayHave = mayAdd && value && names[kind] && fields.every(isAdded);
      if (mayHave && !fields.length) fields.push(addField(form, names[kind]));
      for (const field of fields) {
        if (isAdded(field) && !mayHave) {
          field.remove();
          if (sent) sent.delete(field.name);
        } else if (!isIgnored && (value || filled.get(field) === field.value)) {
          filled.set(field, value);
          field.value = value;
          if (sent) sent.set(field.name, value);
        }
      }
    }
  };

  const tend = (root: Element | Document | ShadowRoot) => {
    const around = "closest" in root && root.closest("form");
    if (around) settle(around);
    root.querySelectorAll("form").forEach((form) => {
      settle(form);
    });
  };

  /** Neither event leaves a shadow root, so each root is listened to; the capture phase comes before what the site does. */
  const watch = (root: Document | ShadowRoot) => {
    if (roots.has(root)) return;
    roots.add(root);
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        addedNodes.forEach((node) => {
          if (node instanceof Element) tend(node);
        });
      }
    }).observe(root, { childList: true, subtree: true });
    const send = ({ target, formData }: Event & { readonly formData?: FormData }) => {
      refresh();
      // `form.submit()` sends `formdata` alone, when the fields have been read already.
      if (target instanceof Element) settle(target, formData);
    };
    for (const type of ["submit", "formdata"]) root.addEventListener(type, send, true);
    tend(root);
  };

  return () => {
    roots.forEach(tend);
    if (roots.size) return;
    watch(document);
    // Whenever a shadow root was attached, it shows itself when somebody uses it.
    window.addEventListener("focusin", (event) => {
      const [inner] = event.composedPath();
      const root = inner instanceof Node && inner.getRootNode();
      if (root instanceof ShadowRoot) watch(root);
    });
  };
}

const isAdded = (field: Field) => field.hasAttribute(ADDED);

/** The fields of a form for one kind: by its name, or by its mark (`data-metrika-client-id`). */
function fieldsOf(form: Element, kind: Kind, name: string): Field[] {
  return [...form.querySelectorAll<Field>("input,textarea")].filter(
    (field) =>
      !/file|checkbox|radio/.test(field.type) &&
      ((name && field.name === name) || field.hasAttribute(`data-metrika-${kind.replace("_", "-")}`)),
  );
}

function addField(form: Element, name: string): Field {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = name;
  field.setAttribute(ADDED, "");
  form.append(field);
  return field;
}

/**
 * Whether a field may be added: only to what is sent to the site itself, or to an origin that it named, and not where it would
 * end up in an address, which histories, logs and other sites see. A form without method and action is sent by a script.
 */
function mayAddTo(form: Element, origins: readonly string[]): boolean {
  // By attributes: `form.action` may be a field of that name, as in WordPress.
  const method = form.getAttribute("method");
  const addresses = [form, ...form.querySelectorAll("[formaction]")]
    .map((element) => element.getAttribute("formaction") || element.getAttribute("action") || "")
    .filter((address) => !/^(#|javascript:|$)/i.test(address));
  if (method ? /^get$/i.test(method) : addresses.length) return false;
  return addresses.every((address) => {
    const target = attempt(() => new URL(address, document.baseURI).origin);
    return target && (origins.includes(target) || origins.includes("*"));
  });
}
