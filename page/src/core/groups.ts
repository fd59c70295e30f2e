// Combining cards: which of them suffice, and the secret. The twin of escrowd/core/shares/groups.py.

import { toHex } from "./bytes.ts";
import { sameCard } from "./cards.ts";
import { cardError } from "./errors.ts";
import { recover } from "./slip39.ts";
import type { Card } from "./types.ts";

/** A secret, and the cards that it was combined from. */
export interface Combined {
  readonly secret: Uint8Array;
  readonly cards: readonly Card[];
}

export function distinct(cards: readonly Card[]): Card[] {
  return cards.filter((card, at) => cards.findIndex((other) => sameCard(card, other)) === at);
}

export function byGroup(cards: readonly Card[]): Map<number, Card[]> {
  const groups = new Map<number, Card[]>();
  for (const card of cards) groups.set(card.groupIndex, [...(groups.get(card.groupIndex) ?? []), card]);
  return groups;
}

function* combinations<T>(items: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let at = from; at + size <= items.length; at++) {
    for (const rest of combinations(items, size - 1, at + 1)) yield [items[at] as T, ...rest];
  }
}

function* products<T>(choices: readonly (readonly T[])[]): Generator<T[]> {
  const [first, ...rest] = choices;
  if (!first) {
    yield [];
    return;
  }
  for (const item of first) for (const others of products(rest)) yield [item, ...others];
}

/** Each smallest choice of cards of one set that combines; nothing if they do not suffice. */
export function* minimalCombinations(cards: readonly Card[]): Generator<Card[]> {
  const own = distinct(cards);
  const first = own[0];
  if (!first) return;
  const complete = [...byGroup(own).entries()]
    .filter(([, members]) => members.length >= (members[0] as Card).memberThreshold)
    .sort(([one], [other]) => one - other)
    .map(([, members]) => members);
  for (const chosen of combinations(complete, first.groupThreshold)) {
    const choices = chosen.map((members) => [...combinations(members, (members[0] as Card).memberThreshold)]);
    for (const product of products(choices)) yield product.flat();
  }
}

export function suffice(cards: readonly Card[]): boolean {
  return !minimalCombinations(cards).next().done;
}

/**
 * Each secret that the cards combine to. Surplus cards do no harm; a wrong one spoils the choices it is in.
 * Throws `card.none`, `card.different-sets`, `card.member-threshold`, `card.same-place`, `card.group-incomplete`,
 * `card.same-group`, `card.digest`.
 */
export function combineAll(cards: readonly Card[]): Combined[] {
  const own = distinctPlaces(cards);
  checkEnough(own);
  const secrets = new Map<string, Combined>();
  for (const chosen of minimalCombinations(own)) {
    const secret = recover(chosen.map((card) => ({ ...card, extendable: false, exponent: 0 })));
    if (secret === null) continue;
    const known = toHex(secret);
    secrets.set(known, secrets.get(known) ?? { secret, cards: chosen });
  }
  if (secrets.size === 0) throw cardError("card.digest", { cards: own.length });
  return [...secrets.values()];
}

/** The cards without repetitions; refuses what can be told from the fields to be no one set. */
function distinctPlaces(cards: readonly Card[]): Card[] {
  const first = cards[0];
  if (!first) throw cardError("card.none");
  const places = new Map<string, Card>();
  const thresholds = new Map<number, number>();
  for (const card of cards) {
    if (card.identifier !== first.identifier || card.kind !== first.kind) throw cardError("card.different-sets");
    const threshold = thresholds.get(card.groupIndex) ?? card.memberThreshold;
    thresholds.set(card.groupIndex, threshold);
    if (threshold !== card.memberThreshold) throw cardError("card.member-threshold", { group: card.group });
    const place = `${card.groupIndex}.${card.memberIndex}`;
    const known = places.get(place) ?? card;
    places.set(place, known);
    if (!sameCard(known, card)) {
      throw cardError("card.same-place", { group: card.group, member: card.memberIndex + 1 });
    }
  }
  return [...places.values()];
}

function checkEnough(cards: readonly Card[]): void {
  const first = cards[0] as Card;
  const groups = [...byGroup(cards).values()];
  const threshold = (members: readonly Card[]): number => (members[0] as Card).memberThreshold;
  const complete = groups.filter((members) => members.length >= threshold(members)).length;
  if (complete >= first.groupThreshold) return;
  const partial = groups.find((members) => members.length < threshold(members));
  if (partial) {
    const { group } = partial[0] as Card;
    throw cardError("card.group-incomplete", { group, have: partial.length, needed: threshold(partial) });
  }
  throw cardError("card.same-group", { group: first.group, groups: complete, needed: first.groupThreshold });
}
