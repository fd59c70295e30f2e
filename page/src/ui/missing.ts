// What the bundle itself does not say ("Fehlt noch"). It was looked for when the bundle was sealed, and stands in
// READ-ME-FIRST.html: the page reads it there (docs/formats.md, 5), rather than look a second time by rules of its own.

import type { Payload } from "../core/index.ts";
import { h } from "./dom.ts";
import { shown } from "./values.ts";

const BLOCK = /<dl class="missing" data-of="([a-z2-7]*)"><dt>([^<]*)<\/dt><dd>((?:<div>[^<]*<\/div>)*)<\/dd><\/dl>/g;
const LINE = /<div>([^<]*)<\/div>/g;
const COUNT = /<p data-missing>([^<]*)<\/p>/;
const CLOSING = /<footer class="quiet" data-closing>([^<]*)<\/footer>/;
const INEXACT = /<span class="quiet" data-inexact>([^<]*)<\/span>/;
const SIGNS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

export interface Lacking {
  /** Lines by entry, "" for the bundle as a whole. */
  readonly of: ReadonlyMap<string, HTMLElement>;
  /** How much it is, and the last sentence of a list that is not complete; "" if there is none. */
  readonly count: string;
  readonly closing: string;
  /** What the KeePass file does not hold exactly; "" if it holds everything. */
  readonly inexact: string;
}

export function lacking(payload: Payload): Lacking {
  const page = new TextDecoder().decode(payload.openFile("READ-ME-FIRST.html"));
  const blocks = [...page.matchAll(BLOCK)].map(([, of, title, body]) => {
    const lines = [...body!.matchAll(LINE)].map(([, line]) => h("div", {}, text(line)));
    const own = h("dl", { class: "missing", lang: payload.bundle.language }, h("dt", {}, text(title)), h("dd", {}, ...lines));
    return [of!, own] as const;
  });
  const first = (pattern: RegExp): string => text(pattern.exec(page)?.[1]);
  return { of: new Map(blocks), count: first(COUNT), closing: first(CLOSING), inexact: first(INEXACT) };
}

/** Escaped text as it reads. Nothing here becomes HTML: it is put on the page as text. */
function text(escaped = ""): string {
  const plain = escaped.replace(/&(?:(amp|lt|gt|quot)|#(\d{1,6}));/g, (_, name: string | undefined, code: string) =>
    name ? SIGNS[name]! : String.fromCodePoint(Number(code)),
  );
  return shown(plain.trim());
}
