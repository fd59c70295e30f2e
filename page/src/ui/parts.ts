// What a bundle holds beside entries: dates, contacts, decisions, documents, history.

import type { Bundle, BundleDocument, Change, Contact } from "../core/index.ts";
import { type Child, h } from "./dom.ts";
import { decisionBlock, formerEntry, link, type Scene } from "./entry.ts";
import { isoDay, known, moment, size, t } from "./text.ts";
import { copyable, Rows, shown, value } from "./values.ts";

function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...children);
}

/** Renewals and decisions to look at again, the earliest first. */
export function dueSection(bundle: Bundle): HTMLElement | null {
  const due = [
    ...bundle.entries.flatMap((entry) => [
      ...(entry.renewal ? [{ day: entry.renewal, what: "renewal", title: entry.title, id: entry.id }] : []),
      ...entry.decisions.flatMap((one) => (one.review ? [{ day: one.review, what: "review", title: one.topic || entry.title, id: entry.id }] : [])),
    ]),
    ...bundle.decisions.flatMap((one) => (one.review ? [{ day: one.review, what: "review", title: one.topic || bundle.name, id: "" }] : [])),
  ].sort((a, b) => (a.day < b.day ? -1 : Number(a.day > b.day)));
  if (due.length === 0) return null;
  const rows = new Rows();
  for (const { day, what, title, id } of due) {
    const target = h("a", { class: "value", href: id ? `#e-${id}` : "#decisions" }, shown(title));
    rows.add(isoDay(day), target, `: ${t(`list.due.${what}`)}`);
  }
  return section("due", t("list.due.title"), h("p", { class: "quiet" }, t("list.due.note")), rows.element);
}

export function contactsSection(contacts: readonly Contact[]): HTMLElement | null {
  if (contacts.length === 0) return null;
  const articles = contacts.map((contact) =>
    h(
      "article",
      { "data-search": Object.values(contact).join("\n").toLocaleLowerCase() },
      h("h3", { class: "value" }, shown(contact.name)),
      contactRows(contact),
    ),
  );
  return section("contacts", t("list.contacts"), ...articles);
}

function contactRows(contact: Contact): HTMLElement {
  const rows = new Rows().add(t("list.contact.kind"), t(`list.contact_kind.${contact.kind}`));
  rows.text(t("list.contact.role"), contact.role).text(t("list.contact.organisation"), contact.organisation);
  if (contact.phone) rows.add(t("list.contact.phone"), copyable(t("list.contact.phone"), contact.phone));
  if (contact.mail) rows.add(t("list.contact.mail"), copyable(t("list.contact.mail"), contact.mail));
  return rows.text(t("list.contact.address"), contact.address).text(t("list.contact.note"), contact.note).element;
}

/** For `full-service`: a name to call, the successor first, since the provider may be gone. */
export function callList(contacts: readonly Contact[]): HTMLElement[] {
  const others = contacts.filter((one) => one.kind !== "client" && one.kind !== "successor");
  const order = [...contacts.filter((one) => one.kind === "successor"), ...others];
  if (order.length === 0) return [h("p", {}, t("list.intro.full-service.nobody"))];
  return order.map((one) =>
    h(
      "p",
      { class: "call" },
      h("strong", { class: "value" }, shown(one.name)),
      (one.phone || one.mail) && h("span", {}, " · ", value(one.phone || one.mail)),
      " ",
      h("span", { class: "quiet" }, t(`list.contact_kind.${one.kind}`)),
    ),
  );
}

export function decisionsSection(bundle: Bundle): HTMLElement | null {
  if (bundle.decisions.length === 0) return null;
  return section("decisions", t("list.decisions_bundle"), ...bundle.decisions.map((one) => decisionBlock(one)));
}

export function documentsSection(bundle: Bundle, scene: Scene): HTMLElement | null {
  if (bundle.documents.length === 0) return null;
  const articles = bundle.documents.map((document) =>
    h(
      "article",
      { id: `d-${document.id}`, "data-search": `${document.name}\n${document.note}`.toLocaleLowerCase() },
      h("header", {}, h("h3", {}, value(document.name)), scene.documentActs(document)),
      documentRows(document, scene),
    ),
  );
  return section("documents", t("list.documents"), ...articles);
}

function documentRows(document: BundleDocument, scene: Scene): HTMLElement {
  const rows = new Rows("small").add(t("list.document.size"), size(document.size));
  if (document.entry) rows.add(t("list.document.entry"), link(document.entry, scene));
  rows.text(t("list.document.note"), document.note);
  if (scene.profile === "expert") {
    rows.text(t("list.document.file"), `documents/${document.id}/${document.file}`);
    rows.add(t("list.document.sha256"), h("code", { class: "value" }, document.sha256));
  }
  return rows.element;
}

export function historySection(bundle: Bundle, scene: Scene): HTMLElement | null {
  if (bundle.history.length === 0) return null;
  const revisions = [...bundle.history].reverse().flatMap((revision) => [
    h(
      "h3",
      {},
      `${t("list.stand", { revision: revision.number })} · ${moment(revision.when)}`,
      revision.reason && h("span", { class: "value quiet" }, ` · ${did(shown(revision.reason))}`),
    ),
    ...[["list.decision.reason", revision.why], ["list.decision.asked_by", revision.asked_by]]
      .filter(([, said]) => said)
      .map(([key, said]) => h("p", {}, `${t(key as string)}: `, h("span", { class: "value" }, shown(said as string)))),
    h("ul", {}, ...revision.changes.map((change) => h("li", {}, ...changeLine(change, scene)))),
  ]);
  // A long story, and former passwords: there on demand, on paper not at all (as on the printed list).
  const all = h("details", { class: "history" }, h("summary", {}, t("view.history")), ...revisions);
  const whole = section("history", t("list.history"), h("p", { class: "quiet" }, t("list.history_note")), all);
  whole.classList.add("no-print");
  return whole;
}

function did(reason: string): string {
  // "import keepass", "sync keepass": of what format the export was.
  const [, from, source] = /^(import|sync) ([^ ]+)$/.exec(reason) ?? [];
  const key = `list.did.${from ?? reason.replaceAll(" ", "-")}`;
  return known(key) ? t(key, { source: source ?? "" }) : reason;
}

function changeLine(change: Change, scene: Scene): Child[] {
  const fields = change.fields.map((name) => (known(`list.${change.subject}.${name}`) ? t(`list.${change.subject}.${name}`) : name));
  const head: Child[] = [
    `${t(`list.subject.${change.subject}`)} `,
    h("strong", { class: "value" }, shown(change.title)),
    change.id && scene.profile === "expert" && h("span", { class: "quiet" }, ` ${t("list.id", { id: change.id })}`),
    `: ${t(`list.action.${change.action}`)}`,
    fields.length > 0 && ` (${fields.join(", ")})`,
  ];
  const former: Child[] = [
    ...(change.entry ? formerEntry(change.entry, change, scene) : []),
    ...(change.document ? [h("p", {}, value(change.document.name)), documentRows(change.document, scene)] : []),
    ...(change.contact ? [h("p", {}, value(change.contact.name)), contactRows(change.contact)] : []),
    ...(change.decision ? [decisionBlock(change.decision)] : []),
    ...formerValues(change),
  ];
  return former.length > 0 ? [...head, h("details", {}, h("summary", {}, t("list.former")), ...former)] : head;
}

function formerValues(change: Change): Child[] {
  const rows = new Rows();
  for (const [name, was] of Object.entries(change.values)) {
    const label = known(`list.bundle.${name}`) ? t(`list.bundle.${name}`) : name;
    if (typeof was === "string") rows.text(label, was);
    else rows.texts(label, was.map((path) => path.join(" / ")));
  }
  return rows.empty ? [] : [rows.element];
}
