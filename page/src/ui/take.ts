// Taking things out of the page: the ZIP, a table, documents, paper.

import { type Bundle, type BundleDocument, type Entry, EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD, type Payload, type Totp } from "../core/index.ts";
import { h, say } from "./dom.ts";
import { money } from "./entry.ts";
import { current, t } from "./text.ts";

/** What a browser shows without running anything. The rest is only saved, never opened. */
const SHOWABLE: readonly (readonly [RegExp, string])[] = [
  [/\.pdf$/i, "application/pdf"],
  [/\.png$/i, "image/png"],
  [/\.jpe?g$/i, "image/jpeg"],
  [/\.gif$/i, "image/gif"],
  [/\.webp$/i, "image/webp"],
  [/\.(txt|md|csv|log|conf|ini|ya?ml|json|pem|key|pub)$/i, "text/plain; charset=utf-8"],
];
/** How long a file's address lives: time enough for a slow computer to take it. */
const LIFE = 60_000;

export function save(name: string, data: Uint8Array | string, type: string): void {
  const url = URL.createObjectURL(new Blob([data as BlobPart], { type }));
  const anchor = h("a", { href: url, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), LIFE);
  say(t("view.saved", { name }));
}

export function canShow(document: BundleDocument): boolean {
  return SHOWABLE.some(([ending]) => ending.test(document.file));
}

export function showDocument(payload: Payload, document: BundleDocument): void {
  const type = SHOWABLE.find(([ending]) => ending.test(document.file))?.[1];
  if (!type) return;
  const url = URL.createObjectURL(new Blob([payload.openDocument(document) as BlobPart], { type }));
  window.open(url, "_blank", "noopener");
  setTimeout(() => URL.revokeObjectURL(url), LIFE);
}

export function saveDocument(payload: Payload, document: BundleDocument): void {
  save(document.file, payload.openDocument(document), "application/octet-stream");
}

export function fileStem(bundle: Bundle): string {
  return `${bundle.client}-${bundle.revision}`;
}

export function saveZip(payload: Payload): void {
  save(`${fileStem(payload.bundle)}.zip`, payload.zip, "application/zip");
}

/** The KeePass file that lies in the bundle, if there is one. */
export function saveKeepass(payload: Payload): void {
  save(`${fileStem(payload.bundle)}.kdbx`, payload.openFile(EXPORT_KEEPASS), "application/octet-stream");
}

/** What opens it. */
export function keepassPassword(payload: Payload): string {
  return new TextDecoder().decode(payload.openFile(EXPORT_PASSWORD)).trim();
}

export function holds(payload: Payload, name: string): boolean {
  return payload.files.some((file) => file.name === name);
}

/** The table that lies in the bundle, or else one that the page makes. */
export function saveTable(payload: Payload): void {
  const { bundle } = payload;
  if (holds(payload, EXPORT_CSV)) {
    save(`${fileStem(bundle)}.csv`, payload.openFile(EXPORT_CSV), "text/csv;charset=utf-8");
    return;
  }
  // The mark tells spreadsheet programs that this is UTF-8.
  save(`${fileStem(bundle)}.csv`, `\ufeff${table(bundle)}`, "text/csv;charset=utf-8");
}

/** Every entry a row. Quoted throughout; what a spreadsheet would take for a formula gets an apostrophe. */
export function table(bundle: Bundle): string {
  const titles = new Map(bundle.entries.map((entry) => [entry.id, entry.title]));
  const rows = [COLUMNS.map(([key]) => t(key)), ...bundle.entries.map((entry) => COLUMNS.map(([, cell]) => cell(entry, titles)))];
  // German spreadsheet programs separate by semicolon, as their numbers have a comma.
  const separator = current() === "de" ? ";" : ",";
  return rows.map((row) => row.map(quoted).join(separator)).join("\r\n") + "\r\n";
}

function quoted(cell: string): string {
  const harmless = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u.test(cell) ? `'${cell}` : cell;
  return `"${harmless.replaceAll('"', '""')}"`;
}

type Cell = (entry: Entry, titles: ReadonlyMap<string, string>) => string;
const COLUMNS: readonly (readonly [string, Cell])[] = [
  ["list.entry.title", (entry) => entry.title],
  ["list.entry.kind", (entry) => t(`list.kind.${entry.kind}`)],
  ["list.entry.group", (entry) => entry.group.join(" / ")],
  ["list.entry.purpose", (entry) => entry.purpose],
  ["list.entry.urls", (entry) => entry.urls.join("\n")],
  ["list.entry.user", (entry) => entry.user],
  ["list.entry.password", (entry) => entry.password],
  ["list.entry.totp", (entry) => (entry.totp ? totpCell(entry.totp) : "")],
  ["list.entry.second_factor", (entry) => (entry.second_factor ? t(`list.second.${entry.second_factor.kind}`) : "")],
  ["list.second.device", (entry) => entry.second_factor?.device ?? ""],
  ["list.second.codes_where", (entry) => entry.second_factor?.codes_where ?? ""],
  ["list.second.codes", (entry) => (entry.second_factor?.codes ?? []).join("\n")],
  ["list.entry.recovery_mailbox", (entry) => entry.recovery_mailbox],
  ["list.entry.contract_holder", (entry) => entry.contract_holder],
  ["list.entry.renewal", (entry) => entry.renewal ?? ""],
  ["list.entry.cost", (entry) => (entry.cost ? money(entry.cost) : "")],
  ["list.entry.depends_on", (entry, titles) => entry.depends_on.map((id) => titles.get(id) ?? id).join("\n")],
  ["list.entry.shared", (entry) => entry.shared.flatMap((one) => [one.what, one.away]).filter(Boolean).join("\n")],
  ["list.entry.fields", (entry) => entry.fields.map((field) => `${field.name}: ${field.value}`).join("\n")],
  ["list.entry.notes", (entry) => entry.notes],
  ["list.entry.tags", (entry) => entry.tags.join(", ")],
  ["list.entry.decisions", (entry) => entry.decisions.map((one) => [one.date, one.topic, one.choice, one.reason, one.asked_by].filter(Boolean).join(" · ")).join("\n")],
];

function totpCell(totp: Totp): string {
  const usual = totp.algorithm === "SHA1" && totp.digits === 6 && totp.period === 30 && !totp.encoder;
  return usual ? totp.secret : `${totp.secret} (${[totp.algorithm, totp.digits, totp.period, totp.encoder].filter(Boolean).join(", ")})`;
}

/** Print everything: what is folded is unfolded for as long as it takes. The style sheet shows what is hidden. */
export function unfoldForPrint(root: HTMLElement): void {
  const folded = (): HTMLDetailsElement[] => [...root.querySelectorAll<HTMLDetailsElement>("details:not([open]):not(.no-print, .no-print *)")];
  let opened: HTMLDetailsElement[] = [];
  window.addEventListener("beforeprint", () => {
    if (root.isConnected) opened.push(...folded());
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
}
