// Step 3: whose bundle it is, as far as that is proved, and the button that opens it.

import { EscrowError, type Manifest, openMaterials, type Opened, showFingerprint, type Step } from "../core/index.ts";
import { add, button, h, newId, replace, say } from "./dom.ts";
import { asError, fault } from "./fault.ts";
import { needs } from "./needs.ts";
import type { Section } from "./section.ts";
import type { Table } from "./table.ts";
import { ANOTHER_ROOT, day, t } from "./text.ts";
import { Rows } from "./values.ts";

/** Each step's part of the whole, as far as people notice: unsealing and unpacking take the time. */
const SHARES: Readonly<Record<Step, readonly [number, number]>> = { cards: [0, 0.1], unseal: [0.1, 0.5], unpack: [0.6, 0.4] };

export function checkSection(table: Table, now: () => number, onOpened: (opened: Opened) => void): Section {
  let busy = false;
  const title = h("h2", { id: newId("check"), "data-next": true }, h("span", { class: "step", "aria-hidden": "true" }, "3"), t("check.title"));
  const body = h("div", {});
  const bar = h("progress", { max: 100, value: 0, "aria-label": t("check.opening") });

  function draw(): void {
    const { failed } = table;
    const { signature, missing, cards, clash } = table.look();
    const { manifest } = signature;
    const wrongCards = cards.some((card) => card.error !== null);
    const lacking = needs(missing).filter((sentence) => sentence !== t("need.manifest"));
    const unproved = unverifiable();
    replace(
      body,
      (lacking.length > 0 || wrongCards) && needList(lacking),
      manifest && whose(manifest),
      // The same thing twice, in two sentences, would read as two problems.
      failed && failed !== unproved && fault(failed),
      !busy && failed?.fields["others"] !== undefined && others(),
      lacking.length === 0 && !wrongCards && !clash && (unproved ? loud(unproved) : opener()),
    );
  }

  /** The newest may be spoilt: what else is on the table, at one touch. Nothing is opened instead by itself. */
  function others(): HTMLElement {
    const there = table.look().all.aside.filter(({ bundle }) => bundle !== null);
    const buttons = there.map(({ claims: { revision, created } }) =>
      button(t("check.other-stand", { revision, date: day(created) }), () => {
        table.ask(revision);
        void open(false);
      }, { class: "second", "data-stand": revision }),
    );
    return h("div", { class: "notice" }, h("p", {}, t("check.others")), ...buttons);
  }

  function needList(lacking: readonly string[]): HTMLElement {
    const items = lacking.map((sentence) => h("li", {}, sentence));
    return h("div", { class: "need" }, h("h3", {}, t("need.title")), h("ul", {}, ...items));
  }

  /** What keeps the bundle from being proved, if it can be opened all the same. */
  function unverifiable(): EscrowError | null {
    const { failed } = table;
    const { signature } = table.look();
    if (signature.error) return signature.error;
    if (table.rootDiffers) return otherRoot(signature.manifest);
    const passable = failed && (failed.code.startsWith("manifest.") || failed.code === "recovery.key-of-other-set");
    return passable ? failed : null;
  }

  function whose(manifest: Manifest): HTMLElement {
    const overdue = manifest.next_revision_by <= now();
    const print = h("code", { class: "fingerprint" }, showFingerprint(manifest.iss));
    const note = h("span", { class: "quiet" }, ` (${t("check.client-note")})`);
    const rows = new Rows()
      .add(t("check.client"), h("strong", {}, manifest.client), note)
      .add(t("check.stand"), t("check.stand-on", { revision: manifest.revision, date: day(manifest.created) }))
      .add(t("check.next"), day(manifest.next_revision_by), overdue && h("p", { class: "notice" }, t("check.overdue")))
      .add(t("check.root"), print, h("p", { class: "quiet" }, t("check.root-note")));
    return h("div", { class: "whose" }, h("p", {}, t("check.lead")), rows.element);
  }

  function opener(): HTMLElement {
    if (busy) return h("div", { class: "opening" }, h("p", {}, t("check.opening")), bar);
    const go = button(t("check.open"), () => void open(false), { class: "big" });
    const other = button(t("check.root-no"), () => {
      table.rootDiffers = true;
      table.changed();
    }, { class: "plain" });
    return h("div", { class: "opener" }, h("p", { class: "ready" }, t("need.all")), go, other);
  }

  function loud(error: EscrowError): HTMLElement {
    if (busy) return opener();
    const box = h("input", { type: "checkbox", id: newId("understood") });
    const go = button(t("unverified.button"), () => void open(true), { class: "danger", disabled: true });
    box.addEventListener("change", () => {
      go.disabled = !box.checked;
    });
    const heading = h("h3", { id: newId("loud") }, t("unverified.title"));
    return h(
      "section",
      { class: "loud", "aria-labelledby": heading.id },
      heading,
      fault(error),
      h("p", {}, t("unverified.lead")),
      h("p", {}, h("strong", {}, t("unverified.danger"))),
      h("p", {}, t("unverified.better")),
      h("p", { class: "check" }, box, h("label", { for: box.id }, t("unverified.confirm"))),
      go,
      table.rootDiffers && button(t("check.root-yes"), () => {
        table.rootDiffers = false;
        table.changed();
      }, { class: "second" }),
    );
  }

  async function open(unverified: boolean): Promise<void> {
    busy = true;
    bar.value = 0;
    draw();
    say(t("check.opening"));
    const progress = (step: Step, done: number): void => {
      const [from, part] = SHARES[step];
      bar.value = Math.round(100 * (from + part * done));
    };
    try {
      const root = table.rootDiffers ? ANOTHER_ROOT : null;
      const opened = await openMaterials(table.look().all, { root, unverified, progress });
      busy = false;
      onOpened(opened);
    } catch (thrown) {
      busy = false;
      table.failed = asError(thrown);
      draw();
      body.querySelector<HTMLElement>(".fault")?.scrollIntoView({ block: "nearest" });
    }
  }

  function otherRoot(manifest: Manifest | null): EscrowError {
    const fields = { found: manifest?.iss ?? "", expected: ANOTHER_ROOT };
    return new EscrowError("integrity", "manifest.foreign-provider", fields);
  }

  const element = h("section", { class: "card", "aria-labelledby": title.id });
  add(element, title, body);
  draw();
  return { element, update: draw };
}
