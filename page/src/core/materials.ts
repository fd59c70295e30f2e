// What people drop or paste, in any order: told apart by name first, then by content. Nothing is opened here.

import { isAge, isPassphraseFile } from "./age.ts";
import { fromLatin1, fromUtf8, startsWith } from "./bytes.ts";
import { findCards, parseCards } from "./cards.ts";
import { attempt, cardError, EscrowError, inputError } from "./errors.ts";
import { gather, KEY_NAME, MAX_FILE, MAX_SMALL_FILE, NOTHING } from "./gather.ts";
import { MANIFEST, peek } from "./jws.ts";
import { mappeInPage, readMappe } from "./mappe.ts";
import { strip } from "./manifest.ts";
import { readRelease, withoutTags } from "./release.ts";
import type { FoundKind, GivenCard, InputFile, Materials, ReadResult } from "./types.ts";
import { CARD_WORDS, expand, tokens } from "./words.ts";
import { type Limits, readDirectory, unpack } from "./zip.ts";

export { gather, NOTHING } from "./gather.ts";

const MAX_CARD_FILE = 64 * 1024;
const MAX_PAGE = 32 * 1024 * 1024;
const MOSTLY_ELSE = 3;
const NEARLY_A_CARD = 15;
/** Files of a kit, and of a release, that open nothing. */
const SURPLUS = /^(INSTRUCTIONS|READ-ME-FIRST)\.html?$|^recover\.html?$/i;
/** What browsers add to a file that was saved before: "key-1 (2).age". */
const COPY = / ?\([0-9]{1,3}\)(?=\.[a-z]+$)/;
const HEADER = /^(?:From .*\r?\n)?[\x21-\x39\x3b-\x7e]+:[^\n]*\n(?:[ \t][^\n]*\n|[\x21-\x39\x3b-\x7e]+:[^\n]*\n)*\r?\n/;
const KIT_LIMITS: Limits = { archive: 128 * 2 ** 20, names: {}, unpacked: 128 * 2 ** 20, members: 64 };

interface Found {
  readonly kind: FoundKind;
  readonly materials: Materials;
  readonly client?: string;
}
const nothing = (kind: FoundKind): Found => ({ kind, materials: NOTHING });

/** Read files. One that fails is in `errors`, with what is wrong with it, and the others count all the same. */
export function readMaterials(files: readonly InputFile[]): ReadResult {
  const errors: { name: string; error: EscrowError }[] = [];
  const found: { name: string; kind: FoundKind }[] = [];
  const parts: { name: string; materials: Materials }[] = [];
  let client: string | null = null;
  for (const file of files.flatMap(kitOrSelf)) {
    const { value: own, error } = attempt(() => readFile(file));
    if (own) {
      parts.push({ name: file.name, materials: own.materials });
      client = own.client ?? client;
      found.push({ name: file.name, kind: own.kind });
    } else {
      errors.push({ name: file.name, error });
    }
  }
  // All at once: which of two bundles is meant tells a manifest that may come later.
  const together = attempt(() => gather(parts.map((part) => part.materials))).value;
  return { materials: together ?? whatFits(parts, errors), found, errors, client };
}

/** The parts one after the other, without those that contradict what came before. */
function whatFits(
  parts: readonly { name: string; materials: Materials }[],
  errors: { name: string; error: EscrowError }[],
): Materials {
  let fitting = NOTHING;
  for (const { name, materials } of parts) {
    const { value, error } = attempt(() => gather([fitting, materials]));
    if (value) fitting = value;
    else errors.push({ name, error });
  }
  return fitting;
}

/** A kit as a node offers it is a ZIP: its files; any other file as it is. */
function kitOrSelf(file: InputFile): readonly InputFile[] {
  if (!startsWith(file.data, Uint8Array.of(0x50, 0x4b, 3, 4))) return [file];
  const members = attempt(() =>
    readDirectory(file.data, KIT_LIMITS).map((member) => ({ name: member.name, data: unpack(file.data, member) })),
  ).value;
  return members?.some(({ name }) => name === "bundle.age" || KEY_NAME.test(name)) ? members : [file];
}

function readFile({ name, data }: InputFile): Found {
  const base = (name.split(/[/\\]/).at(-1) ?? name).replace(COPY, "");
  const key = KEY_NAME.exec(base);
  if (base === "bundle.age") return { kind: "bundle", materials: bundleOf(data, name) };
  if (key) return { kind: "key", materials: keyOf(Number(key[1]), data, name) };
  // A cut or flipped one is recognised by its name alone, whatever a program has put before the ending.
  if (/\.jws$/i.test(base)) return { kind: "manifest", materials: manifestOf(data, name) };
  if (isAge(data)) {
    return isPassphraseFile(data)
      ? { kind: "key", materials: keyOf(null, data, name) }
      : { kind: "bundle", materials: bundleOf(data, name) };
  }
  if (/\.eml$/i.test(base) || HEADER.test(fromLatin1(data.subarray(0, 4096)))) {
    return { kind: "mail", materials: readRelease(data, name) };
  }
  return readText(base, name, data);
}

function readText(base: string, name: string, data: Uint8Array): Found {
  const text = data.length <= MAX_PAGE ? decoded(data) : null;
  if (text === null) {
    if (/\.txt$/i.test(base)) throw cardError("card.not-text", { source: name });
    return nothing("unknown");
  }
  const mappe = mappeInPage(text);
  if (mappe !== null) {
    const { materials, client } = readMappe(mappe);
    return { kind: "mappe", materials, client };
  }
  if (SURPLUS.test(base)) return nothing("surplus");
  if (isManifest(text)) return { kind: "manifest", materials: manifestOf(data, name) };
  if (/^\s*</.test(text)) {
    const cards = findCards(withoutTags(text)).map((card) => ({ card, source: name }));
    return cards.length ? { kind: "mail", materials: { ...NOTHING, cards } } : nothing("unknown");
  }
  if (data.length > MAX_CARD_FILE) return nothing("unknown");
  return { kind: "cards", materials: readCards(text, name) };
}

function bundleOf(data: Uint8Array, name: string): Materials {
  if (data.length > MAX_FILE) throw inputError("file.too-large", { path: name, size: data.length, limit: MAX_FILE });
  return { ...NOTHING, bundle: data };
}

function keyOf(number: number | null, data: Uint8Array, source: string): Materials {
  return { ...NOTHING, keys: [{ number, data: small(data, source), source }] };
}

function manifestOf(data: Uint8Array, name: string): Materials {
  return { ...NOTHING, manifest: small(data, name) };
}

function small(data: Uint8Array, name: string): Uint8Array {
  if (data.length <= MAX_SMALL_FILE) return data;
  throw inputError("file.too-large", { path: name, size: data.length, limit: MAX_SMALL_FILE });
}

function isManifest(text: string): boolean {
  return attempt(() => peek(strip(text)).typ === MANIFEST).value === true;
}

/** Text as programs write it: UTF-8, or UTF-16 with its mark, as Windows does. */
function decoded(data: Uint8Array): string | null {
  const mark = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  if (mark !== 0xfffe && mark !== 0xfeff) return fromUtf8(data);
  try {
    return new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be", { fatal: true }).decode(data);
  } catch {
    return null;
  }
}

/**
 * Cards out of a text: typed, pasted, or a whole page on which they stand among other words. Throws as
 * `parseCards`, with the field `source`.
 */
export function readCards(text: string, source: string): Materials {
  const give = (cards: readonly GivenCard["card"][]): Materials => ({
    ...NOTHING,
    cards: cards.map((card) => ({ card, source })),
  });
  const { value, error } = attempt(() => parseCards(text));
  if (value) return give(value);
  const isPage = error.code === "card.word-unknown" || error.code === "card.word-count";
  const found = isPage ? findCards(text) : [];
  const words = text.split(/\s+/u).filter((word) => /\p{L}/u.test(word)).length;
  // Where cards make up most of the text, one of them was mistyped: that has to be told.
  if (found.length && words > MOSTLY_ELSE * CARD_WORDS * found.length) return give(found);
  throw error.with({ source });
}

/**
 * What was pasted: a release mail's text or source, a manifest, or a card. Throws as `readCards`.
 */
export function readPasted(text: string, source: string): Materials {
  if (isManifest(text)) return { ...NOTHING, manifest: new TextEncoder().encode(text) };
  if (HEADER.test(text.replace(/\r?\n/g, "\n"))) {
    const { value } = attempt(() => readRelease(new TextEncoder().encode(text), source));
    if (value) return value;
  }
  const found = findCards(text);
  // Words around a share are a letter; nearly a card's worth of words of the list is a card that was mistyped.
  const others = tokens(text).filter((token) => expand(token) !== null).length - CARD_WORDS * found.length;
  if (found.length && others < NEARLY_A_CARD) return { ...NOTHING, cards: found.map((card) => ({ card, source })) };
  return readCards(text, source);
}
