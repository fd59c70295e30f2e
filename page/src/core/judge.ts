// Judging one card against what a manifest says of a client's sets, before anything is combined. The twin of
// escrowd/core/shares/judge.py, with its rules in its order.

import { proofKey, sameCard } from "./cards.ts";
import { day } from "./days.ts";
import { attempt, cardError, EscrowError } from "./errors.ts";
import { distinct, suffice } from "./groups.ts";
import type { Card, GivenCard, Manifest, ManifestSet } from "./types.ts";

/** What cards are judged by: a manifest, or its part about sets. */
export type KnownSets = Pick<Manifest, "sets" | "retired">;

/**
 * The live set that the card belongs to. Throws `card.provider`, `card.retired` (`set`, `on`, `valid`),
 * `card.other-client` (`valid`), `card.other-split`, `card.not-issued` (`group`, `set`).
 */
export function judgeCard(card: Card, known: KnownSets): ManifestSet {
  if (card.kind !== "client") throw cardError("card.provider"); // 1
  const valid = known.sets.map((own) => own.set).join(", ");
  const live = known.sets.find((own) => own.slip39_id === card.identifier); // 2
  if (live) {
    judgePlace(card, live);
    return live;
  }
  const old = known.retired.find((own) => own.slip39_id === card.identifier); // 2
  if (old) throw cardError("card.retired", { set: old.set, on: day(old.date), valid });
  throw cardError("card.other-client", { valid });
}

function judgePlace(card: Card, own: ManifestSet): void {
  const group = own.groups[card.groupIndex];
  if (!group || card.memberThreshold !== group.k || card.memberIndex >= group.n) {
    throw cardError("card.other-split", { group: card.group, set: own.set }); // 3
  }
  if (proofKey(card) !== group.proof_keys[card.memberIndex]) {
    throw cardError("card.not-issued", { group: card.group, set: own.set }); // 4
  }
}

/** 5: whether a card that is wrong here is a node's, of a set that does not live here. */
function isOfNoLiveSet(card: Card, { code }: EscrowError): boolean {
  return card.group === "nodes" && (code === "card.retired" || code === "card.other-client");
}

/** Whether cards of one live set need no node's card of another. */
function doWithout(cards: readonly Card[]): boolean {
  return cards.some((card) => card.group === "nodes") || suffice(cards);
}

/**
 * The newest live set that the cards suffice for, and its cards among those given; if they suffice for none, the
 * set with the most cards. Every card is judged; what is surplus (5) is left aside. Throws `card.none`, and as
 * `judgeCard` with `card` (from 1) and `source`.
 */
export function chooseSet(given: readonly GivenCard[], known: KnownSets): { set: ManifestSet; cards: Card[] } {
  if (given.length === 0) throw cardError("card.none");
  const sets = new Map<number, { set: ManifestSet; cards: Card[] }>();
  const aside: EscrowError[] = [];
  given.forEach(({ card, source }, at) => {
    const { value: set, error } = attempt(() => judgeCard(card, known));
    if (set) {
      sets.set(set.set, { set, cards: [...(sets.get(set.set)?.cards ?? []), card] });
    } else {
      const named = error.with({ card: at + 1, source });
      if (!isOfNoLiveSet(card, error)) throw named;
      aside.push(named);
    }
  });
  const [first] = aside;
  if (first && ![...sets.values()].some(({ cards }) => doWithout(cards))) throw first; // 5
  const rank = ({ set, cards }: { set: ManifestSet; cards: Card[] }): number[] => {
    const enough = suffice(cards);
    return [enough ? 1 : 0, enough ? 0 : distinct(cards).length, set.set];
  };
  return [...sets.values()].reduce((best, other) => (isHigher(rank(other), rank(best)) ? other : best));
}

function isHigher(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((value, place) => value !== other[place]);
  return at >= 0 && (one[at] as number) > (other[at] as number);
}

/** Given cards without the surplus ones of nodes (5), for who shows them: they are nobody's mistake. */
export function withoutSurplus(given: readonly GivenCard[], known: KnownSets): GivenCard[] {
  const sets = new Map<number, Card[]>();
  const aside = new Set<GivenCard>();
  for (const one of given) {
    const { value: set, error } = attempt(() => judgeCard(one.card, known));
    if (set) sets.set(set.set, [...(sets.get(set.set) ?? []), one.card]);
    else if (isOfNoLiveSet(one.card, error)) aside.add(one);
  }
  return [...sets.values()].some(doWithout) ? given.filter((one) => !aside.has(one)) : [...given];
}

/** Given cards without those that are there twice. */
export function distinctGiven(given: readonly GivenCard[]): GivenCard[] {
  return given.filter(({ card }, at) => given.findIndex((other) => sameCard(card, other.card)) === at);
}
