// Plain DOM. Values reach the page as text nodes and attributes only; nothing here ever parses HTML.

export type Child = Node | string | null | false | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** An element. `false`, null and undefined attributes are left out, `true` is an empty one. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, ...children);
  return element;
}

export function add(parent: Element, ...children: readonly Child[]): void {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

export function replace(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  add(parent, ...children);
}

export function button(
  label: string,
  act: (event: MouseEvent) => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", act);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Attributes, ...children: readonly Node[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

let counter = 0;

/** An id that nothing else on the page has. */
export function newId(stem: string): string {
  counter += 1;
  return `${stem}-${counter}`;
}

/** Move the focus to something that is no control, so that a screen reader goes on from there. */
export function focusOn(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "start" });
}

const polite = h("p", { class: "unseen", role: "status", "aria-live": "polite" });

/** Say something to a screen reader without moving anything. */
export function say(sentence: string): void {
  if (!polite.isConnected) document.body.append(polite);
  // The same sentence twice has to be a change, or it is not read.
  polite.textContent = polite.textContent === sentence ? `${sentence}\u00a0` : sentence;
}
