// The recovery page. One document, two views: what lies on the table, and the opened bundle.

import { MAPPE_ID, type Opened, readMappe } from "./core/index.ts";
import { cardsSection } from "./ui/cards.ts";
import { checkSection } from "./ui/check.ts";
import { button, h, replace, say } from "./ui/dom.ts";
import { asError, fault } from "./ui/fault.ts";
import { filesSection } from "./ui/files.ts";
import { listView } from "./ui/list.ts";
import { Table } from "./ui/table.ts";
import { current, LANGUAGES, NAMES, preferred, speak, t } from "./ui/text.ts";
import { toolSection } from "./ui/tool.ts";
import { Veil } from "./ui/values.ts";

const table = new Table();
const words: string[] = new Array<string>(20).fill("");
const top = document.getElementById("top")!;
const main = document.getElementById("main")!;
const foot = document.getElementById("foot")!;
const veil = new Veil();
const now = (): number => Math.floor(Date.now() / 1000);
let opened: Opened | null = null;
let broken: HTMLElement | null = null;
let sections: { update: () => void }[] = [];

function embedded(): ReturnType<typeof readMappe> | null {
  const block = document.getElementById(MAPPE_ID)?.textContent;
  if (!block) return null;
  try {
    return readMappe(block);
  } catch (error) {
    broken = fault(asError(error));
    return null;
  }
}

function head(): void {
  const switches = LANGUAGES.map((language) => {
    const own = language === current();
    const element = button(NAMES[language], () => {
      speak(language);
      draw();
      top.querySelector<HTMLElement>(`[lang=${language}]`)?.focus();
    }, { class: "language", lang: language, "aria-pressed": String(own) });
    return element;
  });
  replace(
    top,
    h("a", { class: "skip", href: "#main" }, t("page.skip")),
    h("p", { class: "kicker" }, t("page.kicker")),
    h("div", { class: "languages", role: "group", "aria-label": t("page.language") }, ...switches),
  );
}

function draw(): void {
  document.documentElement.lang = current();
  document.title = t("page.title");
  head();
  replace(foot, h("p", {}, t("foot.about")), h("p", {}, t("foot.tools")));
  if (opened) drawList(opened);
  else drawTable();
}

function drawTable(): void {
  document.body.className = "table";
  // A large bundle lies beside its Mappe: then files are still to be given.
  const mappe = table.sources.some((source) => source.embedded && source.materials.bundle !== null);
  const own = [filesSection(table, mappe), cardsSection(table, words), checkSection(table, now, open), toolSection(table, now)];
  sections = own;
  const served = location.protocol !== "file:" && h("div", { class: "loud" }, h("p", {}, h("strong", {}, t("page.served"))));
  replace(
    main,
    h("h1", {}, t("page.title")),
    served,
    h("p", { class: "lead" }, t("page.offline")),
    h("div", { class: "calm" }, h("p", {}, h("strong", {}, `${t("calm.title")}. `), t("calm.text")), h("p", {}, t("calm.phone"))),
    broken,
    ...own.map((section) => section.element),
  );
}

function drawList(own: Opened): { focus: () => void } {
  document.body.className = "open";
  sections = [];
  const view = listView(own, veil, () => location.reload());
  replace(main, view.element);
  return view;
}

function open(own: Opened): void {
  opened = own;
  document.title = own.payload.bundle.name;
  drawList(own).focus();
  say(t("check.opened"));
}

function start(): void {
  const mappe = embedded();
  speak(mappe?.language ?? preferred());
  if (mappe) table.sources = [{ name: mappe.name || mappe.client, materials: mappe.materials, embedded: true }];
  // A file dropped where nothing takes it would replace the page, with everything that was typed or opened.
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
  table.onChange(() => {
    for (const section of sections) section.update();
  });
  draw();
}

start();
