// A card while it is typed: each word at once, the whole when the last one is in.

import { cardOfWords } from "./cards.ts";
import { attempt, cardError } from "./errors.ts";
import type { TypedCard, WordCheck } from "./types.ts";
import { CARD_WORDS, expand, tokens } from "./words.ts";
import { WORDLIST } from "./wordlist.ts";

const MOST = 8;

/** How far one word is typed. Any case; four letters suffice. */
export function checkWord(text: string): WordCheck {
  const token = tokens(text).join(" ");
  if (token === "") return { state: "empty", word: null, completions: [] };
  const completions = WORDLIST.filter((word) => word.startsWith(token)).slice(0, MOST);
  const word = expand(token) ?? (WORDLIST.includes(token) ? token : null);
  return { state: word ? "ok" : completions.length ? "prefix" : "unknown", word, completions };
}

/** A card as far as it is typed or pasted, in one text. */
export function readTyped(text: string): TypedCard {
  const typed = tokens(text).map((token, at) => ({ position: at + 1, check: checkWord(token) }));
  if (typed.length < CARD_WORDS) return { words: typed, card: null, error: null };
  const unknown = typed.find(({ check }) => check.state !== "ok");
  const { value: card, error } = attempt(() => {
    if (unknown) throw cardError("card.word-unknown", { position: unknown.position });
    return cardOfWords(typed.map(({ check }) => check.word as string));
  });
  return { words: typed, card, error };
}
