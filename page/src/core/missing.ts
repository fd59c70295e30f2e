// What is still needed before opening is worth a try.

import { sameCard } from "./cards.ts";
import { byGroup, distinct, suffice } from "./groups.ts";
import { attempt } from "./errors.ts";
import { judgeCard } from "./judge.ts";
import { lookAtManifest } from "./manifest.ts";
import { type Card, GROUPS, type GroupName, type Materials, type Missing, type MissingCards } from "./types.ts";

const GROUPS_NEEDED = 2;

/** What is still missing. Cards that do not belong to a live set do not count: `judgeCard` says why. */
export function whatIsMissing(materials: Materials): Missing {
  const { manifest } = lookAtManifest(materials);
  const own = materials.cards.map(({ card }) => card);
  const judged = manifest ? own.filter((card) => attempt(() => judgeCard(card, manifest)).error === null) : own;
  const best = bestSet(judged);
  const live = manifest?.sets.find((set) => set.slip39_id === best[0]?.identifier) ?? null;
  const set = live?.set ?? (manifest && judged.length === 0 ? (manifest.sets.at(-1)?.set ?? null) : null);
  const keys = materials.keys.filter((key) => set === null || key.number === null || key.number === set);
  const cards = suffice(best) ? null : cardsFor(best, set);
  const missing = {
    bundle: materials.bundle === null,
    key: keys.length ? null : { set },
    manifest: materials.manifest === null,
    cards,
  };
  return { ...missing, ready: !missing.bundle && missing.key === null && cards === null };
}

/** The cards of the set that they suffice for, or else are most for; of several, the one given last. */
function bestSet(cards: readonly Card[]): Card[] {
  const sets = new Map<number, Card[]>();
  for (const card of cards) sets.set(card.identifier, [...(sets.get(card.identifier) ?? []), card]);
  const worth = (own: readonly Card[]): number => (suffice(own) ? 1000 : distinct(own).length);
  return [...sets.values()].reduce((best, own) => (worth(own) >= worth(best) ? own : best), []);
}

function cardsFor(cards: readonly Card[], set: number | null): MissingCards {
  const groups = [...byGroup(distinct(cards)).values()];
  const complete = groups.filter((own) => own.length >= (own[0] as Card).memberThreshold);
  const have = complete.map((own) => (own[0] as Card).group);
  const incomplete = groups
    .filter((own) => !complete.includes(own))
    .map((own) => ({ group: (own[0] as Card).group, needed: (own[0] as Card).memberThreshold - own.length }));
  const threshold = cards[0]?.groupThreshold ?? GROUPS_NEEDED;
  const candidates: readonly GroupName[] = cards[0]?.kind === "provider" ? [] : GROUPS.filter((name) => !have.includes(name));
  return { set, have, groups: threshold - have.length, candidates, incomplete };
}

/** Whether a card is among those on the table. */
export function holds(materials: Materials, card: Card): boolean {
  return materials.cards.some((given) => sameCard(given.card, card));
}
