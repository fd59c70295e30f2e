// Step 5, for other days: sign a node's code with a card. The card stays here; only the signature leaves.

import { type GivenCard, parseCode, type ProofPurpose, signProof } from "../core/index.ts";
import { add, button, h, newId, replace, say } from "./dom.ts";
import { asError, fault } from "./fault.ts";
import type { Section } from "./section.ts";
import { square } from "./square.ts";
import type { Table } from "./table.ts";
import { t } from "./text.ts";
import { copier } from "./values.ts";

const PURPOSES: readonly ProofPurpose[] = ["card-proof", "request", "retire"];
const NOTES: Partial<Record<ProofPurpose, string>> = { request: "tool.request-note", retire: "tool.retire-warning" };

export function toolSection(table: Table, now: () => number): Section {
  const code = h("textarea", { id: newId("code"), rows: 3, spellcheck: "false", autocomplete: "off", autocapitalize: "none" });
  const hint = h("p", { class: "quiet", id: `${code.id}-hint` }, t("tool.code-hint"));
  code.setAttribute("aria-describedby", hint.id);
  const name = newId("purpose");
  const choices = PURPOSES.map((purpose, at) => {
    const radio = h("input", { type: "radio", name, value: purpose, id: newId("purpose"), checked: at === 0 });
    const note = NOTES[purpose];
    const about = note ? h("span", { class: "quiet", id: `${radio.id}-note` }, t(note)) : null;
    if (about) radio.setAttribute("aria-describedby", about.id);
    return { purpose, radio, element: h("div", { class: "check" }, radio, h("span", {}, h("label", { for: radio.id }, t(`tool.${purpose}`)), about && h("br"), about)) };
  });
  const which = h("div", {});
  const result = h("div", {});
  let cards: readonly GivenCard[] = [];
  let picked = 0;

  function sign(): void {
    replace(result);
    const given = cards[picked];
    const purpose = choices.find(({ radio }) => radio.checked)?.purpose ?? "card-proof";
    try {
      const parsed = parseCode(code.value);
      if (!given) return;
      show(signProof(given.card, purpose, [parsed], now()));
    } catch (thrown) {
      replace(result, fault(asError(thrown)));
    }
  }

  function show(signed: string): void {
    const text = h("textarea", { id: newId("signed"), rows: 6, readonly: true, spellcheck: "false" });
    text.value = signed;
    const drawing = square(signed, t("tool.qr"));
    replace(
      result,
      h("p", {}, h("label", { for: text.id }, t("tool.done"))),
      text,
      h("p", {}, copier(t("tool.result"), signed)),
      drawing && h("figure", {}, drawing, h("figcaption", { class: "quiet" }, t("tool.qr"))),
      h("p", { class: "quiet" }, t("tool.good")),
    );
    text.focus();
    text.select();
    say(t("tool.done"));
  }

  function update(): void {
    // A node's share is no card: signing with it would prove that a mail arrived, not that somebody has a card.
    cards = table.look().cards.map(({ given }) => given).filter(({ card }) => card.kind === "client" && card.group !== "nodes");
    picked = Math.min(picked, Math.max(0, cards.length - 1));
    replace(which, ...cardChoice());
  }

  function cardChoice(): (Node | false)[] {
    if (cards.length === 0) return [h("p", { class: "notice" }, t("tool.card-none"))];
    const group = newId("which");
    return [
      cards.length > 1 && h("p", {}, t("tool.card")),
      ...cards.map(({ card }, at) => {
        const radio = h("input", { type: "radio", name: group, id: newId("which"), checked: at === picked });
        radio.addEventListener("change", () => {
          picked = at;
        });
        return h("div", { class: "check" }, radio, h("label", { for: radio.id }, t(`group.${card.group}`)));
      }),
      button(t("tool.sign"), sign),
    ];
  }

  const element = h("details", { class: "card tool" }, h("summary", {}, h("h2", {}, t("tool.title"))), h("p", {}, t("tool.lead")));
  add(element, h("p", {}, h("label", { for: code.id }, t("tool.code"))), code, hint);
  add(element, h("fieldset", {}, h("legend", {}, t("tool.purpose")), ...choices.map((choice) => choice.element)), which, result);
  update();
  return { element, update };
}
