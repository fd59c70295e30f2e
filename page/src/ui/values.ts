// Values as people read and copy them: exact, escaped by being text, secrets hidden until somebody asks.

import { add, button, type Child, h, say } from "./dom.ts";
import { t } from "./text.ts";

/** What no reader would see in a value; the printed list says the same. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;
const FORBIDDEN = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** What no page can show is written as its number. */
export function shown(value: string): string {
  return value.replace(FORBIDDEN, (found) => `[${point(found)}]`);
}

function point(char: string): string {
  return `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

export function value(text: string): HTMLElement {
  return h("span", { class: "value" }, shown(text));
}

export function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** Which secrets are shown, and how to show or hide them all at once. */
export class Veil {
  #open = false;
  #all: { readonly set: (open: boolean) => void }[] = [];

  get open(): boolean {
    return this.#open;
  }

  watch(set: (open: boolean) => void): void {
    this.#all.push({ set });
  }

  set(open: boolean): void {
    this.#open = open;
    for (const one of this.#all) one.set(open);
  }
}

/** A value with digits underlined, and what could be missed in it; with a button that copies it. */
export function plain(what: string, text: string): HTMLElement {
  return h("span", { class: "copyable" }, digits(text), ...oddities(text), h("span", { class: "acts" }, copier(what, text)));
}

/** A value that is no password, but worth a button. */
export function copyable(what: string, text: string): HTMLElement {
  return h("span", { class: "copyable" }, value(text), h("span", { class: "acts" }, copier(what, text)));
}

/** The same, hidden until asked for. Print shows it: who prints wants the list. */
export function secret(what: string, text: string, veil: Veil): HTMLElement {
  const bare = h("span", { class: "bare" }, digits(text), ...oddities(text));
  const mask = h("span", { class: "mask" }, h("span", { "aria-hidden": "true" }, "••••••••"), h("span", { class: "unseen" }, t("view.hidden")));
  const toggle = button("", () => set(Boolean(bare.hidden)), { class: "small-act" });
  function set(open: boolean): void {
    bare.hidden = !open;
    mask.hidden = open;
    toggle.textContent = t(open ? "view.hide" : "view.show");
    toggle.setAttribute("aria-label", t(open ? "view.hide-what" : "view.show-what", { what }));
    toggle.setAttribute("aria-expanded", String(open));
  }
  set(veil.open);
  veil.watch(set);
  return h("span", { class: "copyable" }, bare, mask, h("span", { class: "acts" }, toggle, copier(what, text)));
}

function digits(text: string): HTMLElement {
  const box = h("span", { class: "value secret" });
  for (const part of shown(text).split(/([0-9]+)/)) {
    if (part) add(box, /^[0-9]/.test(part) ? h("u", {}, part) : part);
  }
  return box;
}

function oddities(text: string): HTMLElement[] {
  const told: string[] = [];
  if (text.replace(/^ +| +$/g, "") !== text) told.push(t("list.oddity.edge"));
  if (/[\r\n]/.test(text)) told.push(t("list.oddity.lines"));
  const unseen = [...text].filter((char) => UNSEEN.test(char) && !" \n\r".includes(char));
  if (unseen.length > 0) told.push(t("list.oddity.unseen", { codes: [...new Set(unseen.map(point))].join(", ") }));
  return told.map((sentence) => h("span", { class: "oddity" }, sentence));
}

/** A button that puts `text`, or what it gives by then, on the clipboard. */
export function copier(what: string, text: string | (() => string)): HTMLButtonElement {
  const element = button(t("page.copy"), () => {
    void copy(typeof text === "string" ? text : text()).then((done) => {
      say(t(done ? "page.copied" : "page.not-copied"));
      element.textContent = t(done ? "page.copied" : "page.not-copied");
      setTimeout(() => {
        element.textContent = t("page.copy");
      }, 2000);
    });
  }, { class: "small-act", "aria-label": t("view.copy-what", { what }) });
  return element;
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Some browsers give a local file no clipboard; the old way still works there.
    const area = h("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before instanceof HTMLElement) before.focus();
    return done;
  }
}

/** Pairs of a description list; what is empty is left out. */
export class Rows {
  readonly element: HTMLDListElement;

  constructor(css = "") {
    this.element = h("dl", { class: css });
  }

  add(label: string, ...content: readonly Child[]): this {
    const there = content.filter((child) => child !== null && child !== undefined && child !== false && child !== "");
    if (there.length > 0) add(this.element, h("div", {}, h("dt", {}, label), h("dd", {}, ...there)));
    return this;
  }

  /** A row for a text; none for an empty one. */
  text(label: string, text: string): this {
    return text ? this.add(label, value(text)) : this;
  }

  texts(label: string, texts: readonly string[]): this {
    return texts.length > 0 ? this.add(label, h("ul", {}, ...texts.map((one) => h("li", {}, value(one))))) : this;
  }

  get empty(): boolean {
    return this.element.childElementCount === 0;
  }
}
