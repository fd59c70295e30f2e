// One entry, as the client's profile wants it: `full-service` shows what to log in with and why, the rest on demand;
// `guided` explains what the thing is; `expert` shows everything, ids included. All three hold everything.

import type { BundleDocument, Change, Decision, Entry, Money, Profile, SecondFactor, Shared, Totp } from "../core/index.ts";
import { add, type Child, h } from "./dom.ts";
import { liveCode } from "./live.ts";
import { square } from "./square.ts";
import { decimal, isoDay, span, t } from "./text.ts";
import { isWeb, plain, Rows, secret, shown, value, type Veil } from "./values.ts";

/** What the views of a bundle share. */
export interface Scene {
  readonly profile: Profile;
  readonly veil: Veil;
  readonly verified: boolean;
  readonly titles: ReadonlyMap<string, string>;
  readonly documentsOf: ReadonlyMap<string, readonly BundleDocument[]>;
  readonly documentLine: (document: BundleDocument) => HTMLElement;
  readonly documentActs: (document: BundleDocument) => HTMLElement;
  /** What is missing, by entry. */
  readonly missing: ReadonlyMap<string, HTMLElement>;
}

export function entryArticle(entry: Entry, scene: Scene): HTMLElement {
  const expert = scene.profile === "expert";
  const head = h(
    "header",
    {},
    h("h3", { class: "value" }, shown(entry.title)),
    h("span", { class: "quiet" }, t(`list.kind.${entry.kind}`), expert && ` · ${t("list.id", { id: entry.id })}`),
  );
  const article = h("article", { id: `e-${entry.id}`, class: "entry", "data-search": haystack(entry) }, head);
  if (entry.purpose) add(article, h("p", { class: "purpose value" }, shown(entry.purpose)));
  if (scene.profile === "guided") add(article, h("p", { class: "explain" }, t(`explain.${entry.kind}`)));
  const access = new Rows();
  accessRows(access, entry, scene);
  if (!access.empty) add(article, access.element);
  add(article, ...why(entry, scene));
  const rest = new Rows();
  restRows(rest, entry, scene);
  if (!rest.empty) {
    const label = t("view.details");
    const folded = scene.profile === "full-service" && h("details", {}, h("summary", {}, label), rest.element);
    add(article, ...(folded ? [folded] : [h("h4", {}, label), rest.element]));
  }
  add(article, scene.missing.get(entry.id));
  const documents = scene.documentsOf.get(entry.id) ?? [];
  if (documents.length > 0) {
    add(article, h("h4", {}, t("list.entry.documents")), h("ul", { class: "documents" }, ...documents.map((one) => h("li", {}, scene.documentLine(one)))));
  }
  return article;
}

function accessRows(rows: Rows, entry: Entry, scene: Scene): void {
  rows.add(t("list.entry.urls"), ...entry.urls.map((url) => address(url, scene)));
  if (entry.user) rows.add(t("list.entry.user"), plain(t("list.entry.user"), entry.user));
  if (entry.password) rows.add(t("list.entry.password"), secret(t("list.entry.password"), entry.password, scene.veil));
  if (entry.totp) rows.add(t("view.now"), liveCode(entry.totp, entry.title));
  if (entry.second_factor) rows.add(t("list.entry.second_factor"), ...factor(entry.second_factor, scene));
}

function restRows(rows: Rows, entry: Entry, scene: Scene): void {
  if (entry.totp) rows.add(t("list.entry.totp"), ...totpDetails(entry.totp, scene));
  rows.text(t("list.entry.recovery_mailbox"), entry.recovery_mailbox);
  rows.text(t("list.entry.contract_holder"), entry.contract_holder);
  if (entry.renewal) rows.add(t("list.entry.renewal"), isoDay(entry.renewal));
  if (entry.cost) rows.add(t("list.entry.cost"), money(entry.cost));
  rows.add(t("list.entry.depends_on"), ...entry.depends_on.map((id) => h("div", {}, link(id, scene))));
  rows.add(t("list.entry.shared"), ...entry.shared.flatMap(sharedLines));
  for (const field of entry.fields) {
    const label = shown(field.name) || t("list.entry.fields");
    rows.add(label, field.protected ? secret(label, field.value, scene.veil) : field.value && value(field.value));
  }
  rows.text(t("list.entry.notes"), entry.notes);
  rows.text(t("list.entry.tags"), entry.tags.join(", "));
}

/** What belongs to the provider: what it is, that it is not in this bundle, and how to get away from it. */
function sharedLines({ what, away }: Shared): Child[] {
  return [
    h("div", { class: "value" }, shown(what)),
    h("div", { class: "quiet" }, t("list.shared.note")),
    away && h("div", {}, `${t("list.shared.away")}: `, h("span", { class: "value" }, shown(away))),
  ];
}

function address(url: string, scene: Scene): HTMLElement {
  const shownUrl = isWeb(url)
    ? h("a", { class: "value", href: url, target: "_blank", rel: "noopener noreferrer" }, shown(url))
    : value(url);
  const warning = isWeb(url) && !scene.verified && h("span", { class: "oddity" }, t("view.go-unverified"));
  return h("div", {}, shownUrl, warning);
}

export function link(id: string, scene: Scene): Child {
  const title = scene.titles.get(id);
  return title === undefined ? t("list.id", { id }) : h("a", { class: "value", href: `#e-${id}` }, shown(title));
}

function factor({ kind, device, codes_where, codes }: SecondFactor, scene: Scene): Child[] {
  const rows = new Rows("small").text(t("list.second.device"), device).text(t("list.second.codes_where"), codes_where);
  const label = t("list.second.codes");
  if (codes.length > 0) rows.add(label, h("ul", {}, ...codes.map((code) => h("li", {}, secret(label, code, scene.veil)))));
  return [t(`list.second.${kind}`), !rows.empty && rows.element];
}

function totpDetails(totp: Totp, scene: Scene): Child[] {
  const rows = new Rows("small")
    .text(t("list.totp.issuer"), totp.issuer)
    .text(t("list.totp.account"), totp.account)
    .add(t("list.totp.algorithm"), totp.algorithm)
    .add(t("list.totp.digits"), String(totp.digits))
    .add(t("list.totp.period"), span(totp.period))
    .add(t("list.totp.encoder"), totp.encoder);
  const uri = otpauth(totp);
  const code = uri && square(uri, t("view.scan"));
  return [
    secret(t("list.entry.totp"), totp.secret, scene.veil),
    rows.element,
    // The square gives the secret away like its letters do, so it is not open either.
    code && h("details", { class: "scan" }, h("summary", {}, t("view.scan")), code),
  ];
}

/** What authenticator apps read; empty where they know no such address (Steam). The printed list's twin. */
function otpauth(totp: Totp): string {
  if (totp.encoder) return "";
  const quote = (text: string): string =>
    encodeURIComponent(shown(text)).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const label = [totp.issuer, totp.account].filter(Boolean).map(quote).join(":") || "escrow";
  const issuer = totp.issuer ? `&issuer=${quote(totp.issuer)}` : "";
  return `otpauth://totp/${label}?secret=${totp.secret}&algorithm=${totp.algorithm}&digits=${totp.digits}&period=${totp.period}${issuer}`;
}

export function money({ amount, currency, every }: Money): string {
  return `${decimal(amount)} ${currency} ${every ? t(`list.every.${every}`) : ""}`.trim();
}

function why(entry: Entry, scene: Scene): HTMLElement[] {
  const decisions = entry.decisions.map((decision) => decisionBlock(decision));
  if (decisions.length > 0) return [h("h4", {}, t("view.why")), ...decisions];
  // Here the provider had a free hand, so a missing reason is worth a line.
  return scene.profile === "full-service" ? [h("p", { class: "quiet" }, t("view.nothing-why"))] : [];
}

export function decisionBlock(decision: Decision): HTMLElement {
  const rows = new Rows()
    .text(t("list.decision.choice"), decision.choice)
    .text(t("list.decision.reason"), decision.reason)
    .text(t("list.decision.asked_by"), decision.asked_by)
    .texts(t("list.decision.alternatives"), decision.alternatives)
    .add(t("list.decision.status"), `${t(`list.status.${decision.status}`)}, ${isoDay(decision.date)}`);
  if (decision.review) rows.add(t("list.decision.review"), isoDay(decision.review));
  return h("div", { class: "decision", "data-id": decision.id }, decision.topic && h("p", {}, h("strong", { class: "value" }, shown(decision.topic))), rows.element);
}

/** A former state: only the fields that a change names, or all. */
export function formerEntry(entry: Entry, change: Change, scene: Scene): HTMLElement[] {
  const only = change.action === "changed" ? new Set(change.fields) : null;
  const has = (name: string): boolean => only === null || only.has(name);
  const rows = new Rows();
  if (has("title")) rows.text(t("list.entry.title"), entry.title);
  if (has("kind")) rows.add(t("list.entry.kind"), t(`list.kind.${entry.kind}`));
  if (has("purpose")) rows.text(t("list.entry.purpose"), entry.purpose);
  if (has("group")) rows.text(t("list.entry.group"), entry.group.join(" / "));
  const kept: Entry = {
    ...entry,
    urls: has("urls") ? entry.urls : [],
    user: has("user") ? entry.user : "",
    password: has("password") ? entry.password : "",
    totp: null,
    second_factor: has("second_factor") ? entry.second_factor : null,
    recovery_mailbox: has("recovery_mailbox") ? entry.recovery_mailbox : "",
    contract_holder: has("contract_holder") ? entry.contract_holder : "",
    renewal: has("renewal") ? entry.renewal : null,
    cost: has("cost") ? entry.cost : null,
    depends_on: has("depends_on") ? entry.depends_on : [],
    shared: has("shared") ? entry.shared : [],
    fields: has("fields") ? entry.fields : [],
    notes: has("notes") ? entry.notes : "",
    tags: has("tags") ? entry.tags : [],
  };
  accessRows(rows, kept, scene);
  // A live code of a former secret would only be tried.
  restRows(rows, has("totp") ? { ...kept, totp: entry.totp } : kept, scene);
  return [rows.element, ...(has("decisions") ? entry.decisions.map((decision) => decisionBlock(decision)) : [])];
}

/** What the search looks into: no secret, so that a search word never shows that one holds it. */
function haystack(entry: Entry): string {
  return [
    entry.title, t(`list.kind.${entry.kind}`), ...entry.urls, entry.user, entry.purpose, entry.notes, ...entry.tags,
    ...entry.group, entry.recovery_mailbox, entry.contract_holder,
    ...entry.fields.flatMap((field) => [field.name, field.protected ? "" : field.value]),
    ...entry.decisions.flatMap((one) => [one.topic, one.choice, one.reason, one.asked_by]),
  ].join("\n").toLocaleLowerCase();
}
