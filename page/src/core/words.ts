// The words on a card: reading them as people type them, and their checksum (SLIP-39: word list, RS1024).
// The twin of escrowd/core/shares/words.py. A word is named by its position, from 1, and never quoted.

import { cardError } from "./errors.ts";
import { WORDLIST } from "./wordlist.ts";

/** Words on a card: a secret of 16 bytes. */
export const CARD_WORDS = 20;
export const CHECKSUM_WORDS = 3;
const PREFIX = 4;
const RADIX_BITS = 10;
const LONGEST_TEXT = 100_000;
const INDEX = new Map(WORDLIST.map((word, index) => [word, index]));
const FULL = new Map(WORDLIST.map((word) => [word.slice(0, PREFIX), word]));
const GENERATOR = [
  0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120,
];
const customization = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const PLAIN = customization("shamir");
const EXTENDABLE = customization("shamir_extendable");

/** The full word that `word` is, or is a beginning of (four letters or more); else null. */
export function expand(word: string): string | null {
  const full = FULL.get(word.slice(0, PREFIX));
  return full !== undefined && word.length >= PREFIX && full.startsWith(word) ? full : null;
}

export function isWord(text: string): boolean {
  return INDEX.has(text);
}

/** The words of a text, lower case, without numbers and punctuation around them; not yet expanded. */
export function tokens(text: string): string[] {
  const plain = text.normalize("NFKC").replace(/\p{Cf}/gu, "").toLowerCase();
  return plain.split(/[^\p{L}\p{Nl}\p{No}]+/u).filter((token) => token !== "");
}

/** All words of a text, expanded. Throws `card.empty`, `card.too-long`, `card.word-unknown` (`position`). */
export function readWords(text: string): string[] {
  const size = text.length > LONGEST_TEXT ? [...text].length : text.length;
  if (size > LONGEST_TEXT) throw cardError("card.too-long", { size, limit: LONGEST_TEXT });
  const words = tokens(text).map((token, at) => {
    const word = expand(token);
    if (word === null) throw cardError("card.word-unknown", { position: at + 1 });
    return word;
  });
  if (words.length === 0) throw cardError("card.empty");
  return words;
}

/** Each full word's number in the list, 0 to 1023. */
export function toIndices(words: readonly string[]): number[] {
  return words.map((word) => {
    const index = INDEX.get(word);
    if (index === undefined) throw new TypeError("a word that is not in the list");
    return index;
  });
}

function polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const high = check >>> 20;
    check = ((check & 0xfffff) << RADIX_BITS) ^ value;
    GENERATOR.forEach((term, bit) => {
      if ((high >> bit) & 1) check ^= term;
    });
  }
  return check;
}

/** Whether the last three words are the RS1024 checksum of those before them. */
export function checksumHolds(indices: readonly number[], extendable: boolean): boolean {
  return polymod([...(extendable ? EXTENDABLE : PLAIN), ...indices]) === 1;
}

/** The checksum as one number of 30 bits. */
function packedChecksum(data: readonly number[]): number {
  return polymod([...PLAIN, ...data, 0, 0, 0]) ^ 1;
}

/**
 * The position of the one pair of neighbours that must be exchanged to make the checksum hold; else 0. The pair
 * is this position and the next. 0 also when more than one exchange would do.
 */
export function swappedNeighbours(indices: readonly number[]): number {
  const found: number[] = [];
  for (let at = 0; at + 1 < indices.length; at++) {
    const [one, other] = [indices[at] as number, indices[at + 1] as number];
    if (one === other) continue;
    const exchanged = [...indices.slice(0, at), other, one, ...indices.slice(at + 2)];
    if (checksumHolds(exchanged, false)) found.push(at + 1);
  }
  return found.length === 1 ? (found[0] as number) : 0;
}

/**
 * The position of the one word that can be replaced to make the checksum hold; else 0. RS1024 is linear over
 * bits: a replacement's effect is the XOR of at most ten effects. The word itself is not told.
 */
export function wrongWord(indices: readonly number[]): number {
  const data = indices.slice(0, -CHECKSUM_WORDS);
  const check = indices.slice(-CHECKSUM_WORDS).reduce((packed, index) => packed * 1024 + index, 0);
  const base = packedChecksum(data);
  const syndrome = base ^ check;
  const found: number[] = [];
  data.forEach((index, at) => {
    const effects: number[] = [];
    for (let bit = 0; bit < RADIX_BITS; bit++) {
      effects.push(base ^ packedChecksum(data.map((own, place) => (place === at ? index ^ (1 << bit) : own))));
    }
    if (inSpan(syndrome, effects)) found.push(at + 1);
  });
  for (let at = 0; at < CHECKSUM_WORDS; at++) {
    const mask = 1023 << (RADIX_BITS * (CHECKSUM_WORDS - 1 - at));
    if ((syndrome & ~mask) === 0) found.push(data.length + at + 1);
  }
  return found.length === 1 ? (found[0] as number) : 0;
}

/** Whether `value` is an XOR of some of `vectors` (Gaussian elimination over GF(2)). */
function inSpan(value: number, vectors: readonly number[]): boolean {
  const basis: number[] = [];
  const reduce = (vector: number): number => basis.reduce((left, own) => Math.min(left, left ^ own), vector);
  for (const vector of vectors) {
    const reduced = reduce(vector);
    if (reduced) {
      basis.push(reduced);
      basis.sort((one, other) => other - one);
    }
  }
  return reduce(value) === 0;
}
