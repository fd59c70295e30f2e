// Step 2: the cards. One after the other, each named as soon as its twenty words hold.

import { type Card, readCards } from "../core/index.ts";
import { add, button, focusOn, h, newId, replace, say } from "./dom.ts";
import { fault } from "./fault.ts";
import { cardsNeeded } from "./needs.ts";
import type { Section } from "./section.ts";
import type { JudgedCard, Table } from "./table.ts";
import { t } from "./text.ts";
import { wordFields } from "./words.ts";

export function cardsSection(table: Table, words: string[]): Section {
  let wantsMore = words.some((word) => word !== "");
  const title = h("h2", { id: newId("card") });
  const name = h("span", {});
  add(title, h("span", { class: "step", "aria-hidden": "true" }, "2"), name);
  const lead = h("p", {});
  const have = h("div", { class: "found" });
  const fields = wordFields({ words, onCard: accept, onPage: page });
  const entry = h("div", {}, h("p", {}, t("card.lead")), h("p", { class: "quiet" }, t("card.paste")), fields.element);
  const more = button(t("card.another"), () => {
    wantsMore = true;
    update();
    fields.focus();
  }, { class: "second" });

  function accept(card: Card): void {
    fields.clear();
    wantsMore = false;
    const label = t(`group.${card.group}`);
    if (!table.putCard({ card, source: t("files.typed") })) {
      say(t("card.surplus"));
      return;
    }
    const { missing } = table.look();
    say([t("card.accepted", { card: label }), missing.ready ? t("need.all") : cardsNeeded(missing.cards)].join(" "));
    if (missing.cards) fields.focus();
    else focusNext();
  }

  /**
   * All cards are there: what to look at next is below. Not the button itself: the key that ended the last word
   * would press it, and nobody would have compared anything.
   */
  function focusNext(): void {
    const next = document.querySelector<HTMLElement>("[data-next]");
    if (next) focusOn(next);
  }

  /** A whole page with cards in it, pasted. */
  function page(text: string): boolean {
    try {
      const { cards } = readCards(text, t("files.pasted"));
      for (const { card } of cards) accept(card);
      return cards.length > 0;
    } catch {
      return false;
    }
  }

  function update(): void {
    const { cards, missing } = table.look();
    const shown = cards.filter(
      ({ given, error }) => given.card.group !== "nodes" || error !== null || table.typed.includes(given),
    );
    const first = shown.every((card) => card.error !== null);
    name.textContent = t(first ? "card.title" : "card.title-next");
    if (!first && !missing.cards) name.textContent = t("card.have");
    lead.textContent = missing.cards && !first ? cardsNeeded(missing.cards) : "";
    lead.hidden = lead.textContent === "";
    replace(have, shown.length > 0 && h("ul", { class: "parts" }, ...shown.map(row)));
    entry.hidden = missing.cards === null && !wantsMore;
    more.hidden = !entry.hidden;
  }

  function row({ given, error, set }: JudgedCard): HTMLElement {
    const where = set === null ? given.source : `${t("card.from-set", { set })} · ${given.source}`;
    const label = t(`group.${given.card.group}`);
    const item = h("li", { class: error ? "wrong" : "" }, h("span", {}, label, h("br"), h("span", { class: "quiet" }, where)));
    if (table.typed.includes(given)) {
      add(item, button(t("files.remove"), () => {
        table.removeCard(given);
        say(t("files.removed", { name: label }));
        fields.focus();
      }, { class: "plain", "aria-label": `${t("files.remove")}: ${label}` }));
    }
    if (error) add(item, fault(error));
    return item;
  }

  const element = h("section", { class: "card", "aria-labelledby": title.id }, title, lead, have, entry, more);
  update();
  return { element, update };
}
