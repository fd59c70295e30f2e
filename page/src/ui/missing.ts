// What the bundle itself does not say ("Fehlt noch"). It was looked for when the bundle was sealed, and stands in
// READ-ME-FIRST.html: the page reads it there, as text, rather than look a second time by rules of its own.

import type { Payload } from "../core/index.ts";
import { h } from "./dom.ts";
import { shown } from "./values.ts";

const PARTS = /<dl class="missing" data-of="[^]*?<\/dl>|<p data-missing>[^]*?<\/p>|<footer class="quiet" data-closing>[^]*?<\/footer>/g;

export interface Lacking {
  /** Lines by entry, "" for the bundle as a whole. */
  readonly of: ReadonlyMap<string, HTMLElement>;
  /** How much it is, and the last sentence of a list that is not complete; "" if there is none. */
  readonly count: string;
  readonly closing: string;
}

export function lacking(payload: Payload): Lacking {
  const whole = new TextDecoder().decode(payload.openFile("READ-ME-FIRST.html"));
  // Only these parts, without the sheet of styles, which this page's policy would refuse loudly. A parsed document runs
  // no script and loads nothing, and only texts are taken out of it.
  const page = new DOMParser().parseFromString((whole.match(PARTS) ?? []).join(""), "text/html");
  const text = (element: Element | null): string => shown(element?.textContent?.trim() ?? "");
  const blocks = [...page.querySelectorAll<HTMLElement>("dl.missing[data-of]")].map((block) => {
    const lines = [...block.querySelectorAll("dd > div")].map((line) => h("div", {}, text(line)));
    const own = h("dl", { class: "missing", lang: payload.bundle.language }, h("dt", {}, text(block.querySelector("dt"))), h("dd", {}, ...lines));
    return [block.dataset["of"] ?? "", own] as const;
  });
  return { of: new Map(blocks), count: text(page.querySelector("[data-missing]")), closing: text(page.querySelector("[data-closing]")) };
}
