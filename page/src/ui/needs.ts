// What is still needed, in plain words.

import type { Missing, MissingCards } from "../core/index.ts";
import { t } from "./text.ts";

export function cardsNeeded(cards: MissingCards | null): string {
  if (cards === null) return "";
  const parts = cards.incomplete.map(({ group, needed }) => {
    const card = t(`group.${group}`);
    return needed === 1 ? t("need.members", { card }) : t("need.members-many", { card, missing: needed });
  });
  if (parts.length > 0 && cards.have.length + cards.incomplete.length > 1) return parts.join(" ");
  const [own] = [...cards.have, ...cards.incomplete.map(({ group }) => group)];
  // A group that is being completed is still one of two.
  return [...parts, t(own === undefined ? "need.card-two" : `need.${own}`)].join(" ");
}

/** One sentence for each thing that is missing, what to do first on top. */
export function needs(missing: Missing): string[] {
  return [
    ...(missing.bundle ? [t("need.bundle")] : []),
    ...(missing.key ? [missing.key.set === null ? t("need.keys") : t("need.key", { set: missing.key.set })] : []),
    ...(missing.manifest ? [t("need.manifest")] : []),
    ...(missing.cards ? [cardsNeeded(missing.cards)] : []),
  ];
}
