// One card: its twenty words and what they say about themselves. The twin of escrowd/core/shares/cards.py.
// Checked in the order: words, checksum, length, then the fields.

import { toHex } from "./bytes.ts";
import { attempt, cardError, type EscrowError } from "./errors.ts";
import { publicKey, shareProofSeed } from "./keys.ts";
import { type Card, GROUPS } from "./types.ts";
import * as words from "./words.ts";

export const GROUP_THRESHOLD = 2;
const PROVIDER_THRESHOLD = 2;
const SECRET_BYTES = 16;

/** Read one card. Throws what is wrong with it: see `cardOfWords`, and `readWords`. */
export function parseCard(text: string): Card {
  return cardOfWords(words.readWords(text));
}

/** Read one or more cards that stand one after the other in a text. */
export function parseCards(text: string): Card[] {
  const all = words.readWords(text);
  if (all.length % words.CARD_WORDS) {
    throw cardError("card.word-count", { words: all.length, expected: words.CARD_WORDS });
  }
  const cards: Card[] = [];
  for (let at = 0; at < all.length; at += words.CARD_WORDS) {
    cards.push(cardOfWords(all.slice(at, at + words.CARD_WORDS)));
  }
  return cards;
}

/** Every card that stands somewhere in a text, in order, each once: twenty full words whose checksum holds. */
export function findCards(text: string): Card[] {
  const found = new Map<string, Card>();
  let run: string[] = [];
  for (const token of words.tokens(text)) {
    if (!words.isWord(token)) {
      run = [];
      continue;
    }
    run = [...run, token].slice(-words.CARD_WORDS);
    if (run.length < words.CARD_WORDS) continue;
    const own = run;
    const { value: card } = attempt(() => cardOfWords(own, false));
    if (card) found.set(card.words.join(" "), found.get(card.words.join(" ")) ?? card);
  }
  return [...found.values()];
}

/**
 * The card of words that are full and in the list.
 *
 * `hints`: whether to look for the cause of a wrong checksum. Throws `card.words-swapped` (`position`, `next`),
 * `card.word-wrong` (`position`), `card.checksum`, `card.word-count`, `card.foreign` (`feature`).
 */
export function cardOfWords(own: readonly string[], hints = true): Card {
  const indices = words.toIndices(own);
  if (own.length !== words.CARD_WORDS) throw wrongLength(indices);
  const at = (place: number): number => indices[place] as number;
  const head = (at(0) << 10) | at(1);
  const extendable = ((head >> 4) & 1) === 1;
  if (!words.checksumHolds(indices, extendable)) throw wrongChecksum(indices, hints);
  if (extendable) throw cardError("card.foreign", { feature: "extendable" });
  if (head & 15) throw cardError("card.foreign", { feature: "exponent" });
  const params = (at(2) << 10) | at(3);
  let number = 0n;
  for (const index of indices.slice(4, -words.CHECKSUM_WORDS)) number = (number << 10n) | BigInt(index);
  if (number >> BigInt(8 * SECRET_BYTES)) throw cardError("card.foreign", { feature: "padding" });
  const value = Uint8Array.from({ length: SECRET_BYTES }, (_, place) =>
    Number((number >> BigInt(8 * (SECRET_BYTES - 1 - place))) & 255n),
  );
  const groupCount = ((params >> 8) & 15) + 1;
  const groupIndex = params >> 16;
  const kind = groupCount === GROUPS.length ? "client" : "provider";
  const group = kind === "client" ? GROUPS[groupIndex] : "provider";
  const card = {
    words: [...own],
    identifier: head >> 5,
    groupIndex,
    groupThreshold: ((params >> 12) & 15) + 1,
    groupCount,
    memberIndex: (params >> 4) & 15,
    memberThreshold: (params & 15) + 1,
    value,
  };
  const shape = [groupCount, card.groupThreshold, groupIndex, card.memberThreshold].join();
  const ours =
    kind === "client" ? card.groupThreshold === GROUP_THRESHOLD : shape === [1, 1, 0, PROVIDER_THRESHOLD].join();
  if (!ours || group === undefined) throw cardError("card.foreign", { feature: "layout" });
  return { ...card, kind, group };
}

const proofKeys = new WeakMap<Card, string>();

/** The public share-proof key in hex: tells the card from others, does not give it away. */
export function proofKey(card: Card): string {
  const known = proofKeys.get(card) ?? toHex(publicKey(shareProofSeed(card.words)));
  proofKeys.set(card, known);
  return known;
}

export function sameCard(one: Card, other: Card): boolean {
  return one.words.join(" ") === other.words.join(" ");
}

function wrongLength(indices: readonly number[]): EscrowError {
  // 33 words and a sound checksum: nobody mistyped anything, it is a share of something else.
  const sound = words.checksumHolds(indices, false) || words.checksumHolds(indices, true);
  if (indices.length > words.CARD_WORDS && sound) return cardError("card.foreign", { feature: "length" });
  return cardError("card.word-count", { words: indices.length, expected: words.CARD_WORDS });
}

function wrongChecksum(indices: readonly number[], hints: boolean): EscrowError {
  const swapped = hints ? words.swappedNeighbours(indices) : 0;
  if (swapped) return cardError("card.words-swapped", { position: swapped, next: swapped + 1 });
  const wrong = hints ? words.wrongWord(indices) : 0;
  return wrong ? cardError("card.word-wrong", { position: wrong }) : cardError("card.checksum");
}
