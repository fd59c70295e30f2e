// The kit inside a personalised page: a data block that the page reads itself (page/README.md, "Mappe").

import { fromBase64 } from "./bytes.ts";
import { attempt, type EscrowError, inputError } from "./errors.ts";
import { findCards } from "./cards.ts";
import { gather, KEY_NAME, NOTHING } from "./gather.ts";
import { isObject, type Json } from "./json.ts";
import * as s from "./schema.ts";
import type { Language, Materials } from "./types.ts";

/** The id of the data block's element. */
export const MAPPE_ID = "escrow-mappe";
// Written so that it does not find itself in the page's own script.
const BEGIN = /<script type="application\/json" id="escrow-mappe">/;
const END = "</script>";

/** What a Mappe holds. `client` and `name` are what it says, unproved. */
export interface Mappe {
  readonly client: string;
  readonly name: string;
  readonly language: Language | null;
  readonly materials: Materials;
}

const mappe = s.object({
  schema: s.needed(s.oneOf("escrow-mappe/1")),
  client: s.needed(s.text({ pattern: /^[a-z0-9-]{1,32}$/ })),
  name: s.words(),
  language: s.maybe(s.oneOf("de", "en")),
  files: s.needed(s.mapping(s.text())),
  shares: s.many(s.text()),
});

/** The data block in the text of a page; null if there is none. */
export function mappeInPage(page: string): string | null {
  const begin = BEGIN.exec(page);
  if (!begin) return null;
  const start = begin.index + begin[0].length;
  const end = page.indexOf(END, start);
  return page.slice(start, end < 0 ? undefined : end);
}

/** Read a data block. Throws `mappe.damaged`. */
export function readMappe(block: string): Mappe {
  const damaged = inputError("mappe.damaged");
  const own = attempt(() => s.readDocument("Mappe", mappe, parse(block, damaged)));
  if (own.error) throw damaged;
  const { client, name, language, files, shares } = own.value;
  const parts = Object.entries(files).map(([file, text]) => readPart(file, text, damaged));
  const cards = shares.flatMap((words) => findCards(words)).map((card) => ({ card, source: MAPPE_ID }));
  if (cards.length < shares.length) throw damaged;
  const { value: materials } = attempt(() => gather([...parts, { ...NOTHING, cards }]));
  if (!materials) throw damaged;
  return { client, name, language, materials };
}

function parse(block: string, damaged: EscrowError): Json {
  try {
    const value = JSON.parse(block) as Json;
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw damaged;
}

function readPart(name: string, text: string, damaged: EscrowError): Materials {
  const data = fromBase64(text);
  if (data === null) throw damaged;
  const key = KEY_NAME.exec(name);
  if (name === "bundle.age") return { ...NOTHING, bundle: data };
  if (name === "manifest.jws") return { ...NOTHING, manifest: data };
  if (key) return { ...NOTHING, keys: [{ number: Number(key[1]), data, source: name }] };
  return NOTHING;
}
