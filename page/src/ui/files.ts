// Step 1: what do you have? Files by choosing or dropping, a mail as text, or nothing at all for a Mappe.

import { EscrowError, type FoundKind, type InputFile, readMaterials, readPasted, setAside } from "../core/index.ts";
import { asideNote } from "./aside.ts";
import { add, button, h, newId, replace, say } from "./dom.ts";
import { asError, fault } from "./fault.ts";
import type { Section } from "./section.ts";
import type { Source, Table } from "./table.ts";
import { t } from "./text.ts";

/** No file that belongs to an opening is larger: 64 MiB in base64, and room. */
const MAX_FILE = 96 * 1024 * 1024;
const MAX_FILES = 500;

/** What is read but is no help to open: the pages of a kit, and this page itself. */
const QUIET: readonly FoundKind[] = ["surplus"];

export function filesSection(table: Table, embedded: boolean): Section {
  const problems = h("div", {});
  const found = h("div", { class: "found" });
  const input = h("input", { type: "file", multiple: true, class: "unseen", tabindex: -1, "aria-hidden": "true" });
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    void take(files);
  });
  const choose = button(t("files.choose"), () => input.click(), { class: embedded ? "second" : "" });
  const drop = h(
    "div",
    { class: "drop" },
    h("p", { class: "drop-lead", "aria-hidden": "true" }, t("files.drop")),
    h("p", { class: "quiet", "aria-hidden": "true" }, t("files.or")),
    choose,
    input,
    h("p", { class: "quiet" }, t("files.kinds")),
  );
  dropping(drop, (files) => void take(files));

  async function take(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    say(t("files.reading"));
    element.setAttribute("aria-busy", "true");
    const problems: EscrowError[] = [];
    const useless: string[] = [];
    const added: string[] = [];
    for (const file of files.slice(0, MAX_FILES)) {
      try {
        const read = readMaterials([await load(file)]);
        problems.push(...read.errors.map((one) => one.error));
        const source = { name: file.name, materials: read.materials, embedded: false };
        if (partsOf(source).length > 0) {
          table.put(source);
          added.push(...partsOf(source));
        } else if (read.errors.length === 0 && !read.found.every((one) => QUIET.includes(one.kind))) {
          useless.push(file.name);
        }
      } catch (thrown) {
        problems.push(asError(thrown));
      }
    }
    note(problems, useless);
    element.removeAttribute("aria-busy");
    if (added.length > 0) say(t("files.added", { what: added.join(", ") }));
  }

  function note(found: readonly EscrowError[], useless: readonly string[] = []): void {
    table.problems = found;
    table.useless = useless;
    showProblems();
  }

  function showProblems(): void {
    const none = table.useless.length > 0 && t("files.nothing-new", { names: table.useless.join(", ") });
    replace(problems, ...table.problems.map((error) => fault(error)), none && h("p", { class: "notice", role: "status" }, none));
  }

  const text = h("textarea", { id: newId("mail"), rows: 8, spellcheck: "false", autocomplete: "off" });
  const paste = h(
    "details",
    { class: "paste" },
    h("summary", {}, t("files.paste")),
    h("p", { class: "quiet", id: `${text.id}-hint` }, t("files.paste-hint")),
    h("label", { for: text.id }, t("files.paste-label")),
    text,
    button(t("files.paste-button"), () => {
      try {
        const source = { name: t("files.pasted"), materials: readPasted(text.value, t("files.pasted")), embedded: false };
        note([]);
        table.put(source);
        say(t("files.added", { what: partsOf(source).join(", ") }));
        text.value = "";
        paste.open = false;
        choose.focus();
      } catch (thrown) {
        note([asError(thrown)]);
      }
    }),
  );
  text.setAttribute("aria-describedby", `${text.id}-hint`);

  function update(): void {
    const { all, clash, signature } = table.look();
    const opened = signature.manifest?.revision ?? 0;
    replace(
      found,
      table.sources.length > 0 && h("h3", {}, t("files.found")),
      table.sources.length > 0 && h("ul", { class: "parts" }, ...table.sources.map(row)),
      clash && fault(clash),
      ...setAside(all, opened).map((other) => asideNote(other, opened)),
    );
  }

  function row(source: Source): HTMLElement {
    const where = source.embedded ? t("files.embedded") : t("files.from", { name: source.name });
    const item = h("li", {}, h("span", {}, ...partsOf(source).flatMap((part) => [part, h("br")]), h("span", { class: "quiet" }, where)));
    const remove = button(t("files.remove"), () => {
      table.remove(source);
      say(t("files.removed", { name: source.name }));
      choose.focus();
    }, { class: "plain", "aria-label": `${t("files.remove")}: ${source.name}` });
    add(item, remove);
    return item;
  }

  const withShare = table.sources.some((source) => source.embedded && source.materials.cards.length > 0);
  const title = h("h2", { id: newId("files") }, h("span", { class: "step", "aria-hidden": "true" }, "1"), t("files.title"));
  const element = h("section", { class: "card", "aria-labelledby": title.id }, title);
  if (embedded) {
    add(element, h("p", {}, t(withShare ? "files.embedded-lead-share" : "files.embedded-lead")), found);
    add(element, h("details", { class: "paste" }, h("summary", {}, t("files.embedded-more")), drop, paste), problems);
  } else {
    add(element, h("p", {}, t("files.lead")), drop, paste, problems, found);
  }
  update();
  showProblems();
  return { element, update };
}

/** What in a source helps to open, in words. */
export function partsOf({ materials }: Source): string[] {
  const shares = materials.cards.filter(({ card }) => card.group === "nodes").length;
  const cards = materials.cards.filter(({ card }) => card.group !== "nodes");
  return [
    ...(materials.bundle ? [t("files.bundle")] : []),
    ...materials.keys.map((key) => (key.number === null ? t("files.key-unnumbered") : t("files.key", { set: key.number }))),
    ...(materials.manifest ? [t("files.manifest")] : []),
    ...(shares > 0 ? [t("files.share")] : []),
    ...cards.map(({ card }) => t(`group.${card.group}`)),
  ];
}

async function load(file: File): Promise<InputFile> {
  if (file.size > MAX_FILE) throw new EscrowError("input", "file.too-large", { path: file.name, size: file.size, limit: MAX_FILE });
  try {
    return { name: file.name, data: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    throw new EscrowError("unavailable", "file.unreadable", { path: file.name });
  }
}

/** Dropping anywhere on the page counts: a file that misses the field would replace the page by itself. */
function dropping(field: HTMLElement, take: (files: readonly File[]) => void): void {
  const stop = new AbortController();
  const listen = (name: "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void): void =>
    document.addEventListener(name, (event) => {
      // The section was built anew in another language, or the bundle is open.
      if (!field.isConnected) stop.abort();
      event.preventDefault();
      if (field.isConnected) act(event);
    }, { signal: stop.signal });
  listen("dragover", () => field.classList.add("over"));
  listen("dragleave", (event) => {
    if (!event.relatedTarget) field.classList.remove("over");
  });
  listen("drop", (event) => {
    field.classList.remove("over");
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
    const plain = [...(event.dataTransfer?.files ?? [])];
    if (entries.some((entry) => entry?.isDirectory)) {
      void Promise.all(entries.map((entry) => filesBelow(entry, 0))).then((files) => take(files.flat()));
    } else {
      take(plain);
    }
  });
}

/** The files of a dropped folder, a few levels deep. */
async function filesBelow(entry: FileSystemEntry | null, depth: number): Promise<File[]> {
  if (entry?.isFile) {
    return new Promise((resolve) => (entry as FileSystemFileEntry).file((file) => resolve([file]), () => resolve([])));
  }
  if (!entry?.isDirectory || depth > 3) return [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives at most a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    found.push(...some);
    if (some.length === 0 || found.length > MAX_FILES) break;
  }
  return (await Promise.all(found.map((one) => filesBelow(one, depth + 1)))).flat();
}
