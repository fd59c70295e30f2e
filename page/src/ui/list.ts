// Step 4: the opened bundle: search, copy, show, print, take along.

import { type BundleDocument, type Bundle, type Entry, EXPORT_KEEPASS, GROUPS, type Opened, type Payload, showFingerprint } from "../core/index.ts";
import { add, button, type Child, focusOn, h, newId, replace, say } from "./dom.ts";
import { asideNote } from "./aside.ts";
import { entryArticle, type Scene } from "./entry.ts";
import { fault } from "./fault.ts";
import { type Lacking, lacking } from "./missing.ts";
import { callList, contactsSection, decisionsSection, documentsSection, dueSection, historySection } from "./parts.ts";
import { canShow, holds, keepassPassword, saveDocument, saveKeepass, saveTable, saveZip, showDocument, unfoldForPrint } from "./take.ts";
import { known, number, size, t, day } from "./text.ts";
import { Rows, secret, shown, value, Veil } from "./values.ts";

interface Register {
  readonly path: readonly string[];
  readonly entries: readonly Entry[];
}

export function listView(opened: Opened, veil: Veil, onShut: () => void): { element: HTMLElement; focus: () => void } {
  const { bundle } = opened.payload;
  const lacks = lacking(opened.payload);
  const scene = makeScene(opened, veil, lacks);
  const title = h("h1", {}, t("view.title", { name: shown(bundle.name) }));
  const registers = registersOf(bundle);
  const sections = [
    ...registers.map((register, at) => registerSection(register, at, registers.length, scene)),
    contactsSection(bundle.contacts),
    decisionsSection(bundle),
    documentsSection(bundle, scene),
    historySection(bundle, scene),
  ].filter((one) => one !== null);
  const body = h("div", { class: "body" }, dueSection(bundle), bundle.entries.length === 0 && h("p", {}, t("list.empty")), ...sections);
  const stand = bundle.history.at(-1);
  const lead = stand
    ? t("list.stand_on", { revision: bundle.revision, when: stand.when })
    : t("list.stand", { revision: bundle.revision });
  const element = h(
    "div",
    { class: `list ${bundle.profile}` },
    h("div", { class: "head" }, title, h("p", { class: "lead" }, lead)),
    proof(opened),
    ...opened.aside.map((other) => asideNote(other, bundle.revision)),
    intro(bundle, lacks),
    takeAlong(opened, veil, lacks, onShut),
    tools(opened, veil, body),
    h("div", { class: "columns" }, contents(bundle, registers), body),
    h("footer", { class: "quiet", lang: lacks.closing ? bundle.language : null }, lacks.closing || t("list.made_by", { name: shown(bundle.name), client: bundle.client })),
  );
  unfoldForPrint(element);
  return { element, focus: () => focusOn(title) };
}

function makeScene({ payload, verification }: Opened, veil: Veil, lacks: Lacking): Scene {
  const { bundle } = payload;
  const documentsOf = new Map<string, BundleDocument[]>();
  for (const document of bundle.documents) {
    if (document.entry) documentsOf.set(document.entry, [...(documentsOf.get(document.entry) ?? []), document]);
  }
  function documentActs(document: BundleDocument): HTMLElement {
    const name = shown(document.name);
    const show = button(t("view.open-document"), () => showDocument(payload, document), { class: "small-act", "aria-label": t("view.open-what", { name }) });
    const keep = button(t("view.save-document"), () => saveDocument(payload, document), { class: "small-act", "aria-label": t("view.save-what", { name }) });
    return h("span", { class: "acts" }, canShow(document) && show, keep);
  }
  return {
    profile: bundle.profile,
    veil,
    verified: verification.problem === null,
    titles: new Map(bundle.entries.map((entry) => [entry.id, entry.title])),
    documentsOf,
    missing: lacks.of,
    documentActs,
    documentLine: (document) => {
      const note = document.note && h("span", { class: "value" }, ` · ${shown(document.note)}`);
      const about = h("span", { class: "quiet" }, ` · ${size(document.size)}`, note);
      return h("div", { class: "document" }, h("span", {}, value(document.name), about), documentActs(document));
    },
  };
}

/** The bundle's registers in its order; entries without one come last. */
function registersOf(bundle: Bundle): Register[] {
  const there = new Map<string, { path: readonly string[]; entries: Entry[] }>();
  const key = (path: readonly string[]): string => JSON.stringify(path);
  for (const path of [...bundle.groups, ...bundle.entries.map((entry) => entry.group)]) {
    if (!there.has(key(path))) there.set(key(path), { path, entries: [] });
  }
  for (const entry of bundle.entries) there.get(key(entry.group))!.entries.push(entry);
  const filled = [...there.values()].filter((register) => register.entries.length > 0);
  return [...filled.filter(({ path }) => path.length > 0), ...filled.filter(({ path }) => path.length === 0)];
}

function registerName({ path }: Register, several: boolean): string {
  return path.length > 0 ? shown(path.join(" / ")) : t(several ? "list.ungrouped" : "list.entries");
}

function registerSection(register: Register, at: number, all: number, scene: Scene): HTMLElement {
  const heading = h("h2", { class: "value", id: `r-${at}-title` }, registerName(register, all > 1));
  const articles = register.entries.map((entry) => entryArticle(entry, scene));
  return h("section", { class: "register", id: `r-${at}`, "aria-labelledby": heading.id }, heading, ...articles);
}

/** Whether it is proved who sealed this, and the fingerprint to compare. */
function proof({ verification, set, groups, sha256, payload }: Opened): HTMLElement {
  const { manifest, problem } = verification;
  const order = [...groups].sort((a, b) => GROUPS.indexOf(a as never) - GROUPS.indexOf(b as never));
  const rows = new Rows("small");
  if (set !== null) rows.add(t("view.set"), String(set));
  rows.add(t("view.opened-with"), order.map((group) => (known(`group.${group}`) ? t(`group.${group}`) : group)).join(", "));
  if (manifest) {
    rows.add(t("check.next"), day(manifest.next_revision_by));
    rows.add(t("view.signed"), t(manifest.chain.length > 0 ? "view.signed-daily" : "view.signed-root"));
  }
  rows.add(t("view.sha256"), h("code", {}, sha256)).add(t("view.schema"), payload.bundle.schema);
  rows.add(t("view.files"), ...payload.files.map((file) => h("div", {}, value(file.name), h("span", { class: "quiet" }, ` · ${size(file.size)}`))));
  const technical = h("details", { class: "no-print" }, h("summary", {}, t("check.technical")), rows.element);
  const print = manifest && [h("span", {}, `${t("view.compare")}: `), h("code", { class: "fingerprint" }, showFingerprint(manifest.iss))];
  if (problem) {
    const shaky = h("div", { class: "loud" }, h("h2", {}, t("unverified.banner")), fault(problem), h("p", {}, h("strong", {}, t("unverified.danger"))));
    add(shaky, print && h("p", {}, ...print), technical);
    shaky.querySelector(".fault")?.removeAttribute("role");
    return shaky;
  }
  return h("div", { class: "proved" }, h("p", {}, h("strong", {}, t("view.verified"))), print && h("p", {}, ...print), technical);
}

function intro(bundle: Bundle, lacks: Lacking): HTMLElement {
  const full = bundle.profile === "full-service";
  return h(
    "section",
    { class: "intro", "aria-labelledby": "intro-title" },
    h("h2", { id: "intro-title" }, t(`list.intro.${bundle.profile}.title`)),
    h("p", {}, t(`list.intro.${bundle.profile}.text`)),
    ...(full ? callList(bundle.contacts) : []),
    lacks.count && h("p", { lang: bundle.language }, lacks.count),
    lacks.of.get(""),
  );
}

function tools({ payload }: Opened, veil: Veil, body: HTMLElement): HTMLElement {
  const search = h("input", { type: "search", id: newId("search"), autocomplete: "off", spellcheck: "false", placeholder: t("view.search-hint"), "aria-keyshortcuts": "/" });
  const result = h("p", { class: "quiet results" });
  const all = payload.bundle.entries.length;
  let later: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener("input", () => {
    const count = filter(body, search.value);
    const empty = search.value.trim() === "";
    const sentence = count === 0 ? t("view.result-none", { words: search.value.trim() }) : t("view.results", { count: number(count), all: number(all) });
    result.textContent = empty ? "" : sentence;
    clearTimeout(later);
    // Told once typing pauses, not at each letter.
    later = setTimeout(() => say(result.textContent ?? ""), 600);
  });
  document.addEventListener("keydown", function jump(event) {
    if (!search.isConnected) document.removeEventListener("keydown", jump);
    else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !(event.target instanceof HTMLInputElement) && !(event.target instanceof HTMLTextAreaElement)) {
      event.preventDefault();
      search.focus();
    }
  });
  const showing = button("", () => {
    veil.set(!veil.open);
    label();
  }, { class: "second" });
  const label = (): void => {
    showing.textContent = t(veil.open ? "view.hide-all" : "view.show-all");
  };
  label();
  return h("div", { class: "tools no-print" }, h("div", { class: "row" }, searchBox(search), showing), result);
}

function searchBox(search: HTMLInputElement): HTMLElement {
  return h("div", { class: "search", role: "search" }, h("label", { for: search.id }, t("view.search")), search);
}

/** Everything that leaves the page, and what to know before it does. */
function takeAlong({ payload }: Opened, veil: Veil, { inexact }: Lacking, onShut: () => void): HTMLElement {
  const act = (name: string, warning: string, run: () => void): HTMLElement => {
    const id = newId("about");
    return h("li", {}, button(t(name), run, { class: "second", "aria-describedby": id }), h("p", { class: "quiet", id }, t(warning)));
  };
  return h(
    "section",
    { class: "take no-print", "aria-labelledby": "take-title" },
    h("h2", { id: "take-title" }, t("view.more")),
    h(
      "ul",
      {},
      act("view.print", "view.print-warning", () => window.print()),
      act("view.save", "view.save-warning", () => saveZip(payload)),
      act("view.csv", "view.csv-warning", () => saveTable(payload)),
      holds(payload, EXPORT_KEEPASS) && keepass(payload, veil, inexact, act("view.keepass", "view.keepass-note", () => saveKeepass(payload))),
      act("view.shut", "view.shut-note", onShut),
    ),
  );
}

/** The KeePass file, the password that its program asks for, and what is not exact in it. */
function keepass(payload: Payload, veil: Veil, inexact: string, item: HTMLElement): HTMLElement {
  add(item, h("p", {}, `${t("view.keepass-password")}: `, secret(t("view.keepass-password"), keepassPassword(payload), veil)));
  if (inexact) add(item, h("p", { class: "notice", lang: payload.bundle.language, "data-inexact": true }, inexact));
  return item;
}

/** Show what holds every word; returns how many entries do. */
function filter(body: HTMLElement, text: string): number {
  const words = text.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
  let count = 0;
  for (const article of body.querySelectorAll<HTMLElement>("[data-search]")) {
    const fits = words.every((word) => article.dataset["search"]!.includes(word));
    article.hidden = !fits;
    if (fits && article.classList.contains("entry")) count += 1;
  }
  for (const section of body.querySelectorAll<HTMLElement>(":scope > section")) {
    const searched = section.querySelectorAll("[data-search]");
    // While somebody searches, what cannot match only stands in the way.
    section.hidden = words.length > 0 && ![...searched].some((one) => !(one as HTMLElement).hidden);
  }
  return count;
}

function contents(bundle: Bundle, registers: readonly Register[]): HTMLElement {
  const item = (href: string, label: string, ...below: readonly Child[]): HTMLElement => h("li", {}, h("a", { class: "value", href }, label), ...below);
  const parts = [
    ...registers.map((register, at) =>
      item(`#r-${at}`, registerName(register, registers.length > 1), h("ul", {}, ...register.entries.map((entry) => item(`#e-${entry.id}`, shown(entry.title)))))),
    ...([["contacts", bundle.contacts], ["decisions", bundle.decisions], ["documents", bundle.documents], ["history", bundle.history]] as const)
      .filter(([, there]) => there.length > 0)
      .map(([id]) => item(`#${id}`, t(id === "decisions" ? "list.decisions_bundle" : `list.${id}`))),
  ];
  const nav = h("nav", { class: "contents no-print", "aria-label": t("view.contents") });
  replace(nav, h("details", { open: matchMedia("(min-width: 60rem)").matches }, h("summary", {}, t("view.contents")), h("ul", {}, ...parts)));
  return nav;
}

