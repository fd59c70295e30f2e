// Twenty fields for the words of one card. Each is a combobox (WAI-ARIA 1.2) that checks itself while it is
// typed into; four letters suffice, and a pasted card fills all.

import { type Card, CARD_WORDS, checkWord, type EscrowError, readTyped, type WordCheck } from "../core/index.ts";
import { add, button, h, newId, replace, say } from "./dom.ts";
import { fault } from "./fault.ts";
import { t } from "./text.ts";

const checked = new Map<string, WordCheck>();

/** Each key press asks about all twenty words; most of them are the same as before. */
function look(word: string): WordCheck {
  const known = checked.get(word);
  if (known) return known;
  const found = checkWord(word);
  checked.set(word, found);
  return found;
}

interface Options {
  /** Twenty texts as typed; kept by the caller, so that a change of language loses nothing. */
  readonly words: string[];
  readonly onCard: (card: Card) => void;
  /** A pasted text that is more than words: whether it held a card. */
  readonly onPage: (text: string) => boolean;
}

export interface WordFields {
  readonly element: HTMLElement;
  readonly focus: () => void;
  readonly clear: () => void;
}

export function wordFields({ words, onCard, onPage }: Options): WordFields {
  const listId = newId("words");
  const noteId = newId("note");
  const list = h("ul", { id: listId, class: "completions", role: "listbox", hidden: true });
  const note = h("p", { id: noteId, class: "note", role: "status" });
  const count = h("p", { class: "quiet count" });
  const problem = h("div", {});
  const grid = h("ol", { class: "words" });
  const fields = words.map((_, at) => field(at));
  let chosen = -1;

  function field(at: number): HTMLInputElement {
    const number = at + 1;
    const input = h("input", {
      id: newId("word"),
      type: "text",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": listId,
      "aria-label": t("card.word", { number }),
      autocomplete: "off",
      autocapitalize: "none",
      autocorrect: "off",
      spellcheck: "false",
      enterkeyhint: number < CARD_WORDS ? "next" : "done",
      maxlength: 40,
      "data-word": number,
    });
    input.value = words[at] ?? "";
    input.addEventListener("input", () => typed(at));
    input.addEventListener("keydown", (event) => key(at, event));
    input.addEventListener("paste", (event) => pasted(at, event));
    input.addEventListener("focus", () => {
      mark(at, input, false);
      tellWrong();
      suggest(at);
    });
    input.addEventListener("blur", () => {
      close();
      finish(at);
    });
    add(grid, h("li", {}, h("span", { class: "number", "aria-hidden": "true" }, `${number}.`), input));
    mark(at, input);
    return input;
  }

  function check(at: number): WordCheck {
    return look(words[at] ?? "");
  }

  /** Colour and `aria-invalid`; a beginning that can still become a word is no mistake while it is typed. */
  function mark(at: number, input: HTMLInputElement, left = true): void {
    const { state } = check(at);
    const wrong = state === "unknown" || (state === "prefix" && left);
    input.dataset["state"] = wrong ? "wrong" : state;
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (wrong) input.setAttribute("aria-describedby", noteId);
    else input.removeAttribute("aria-describedby");
  }

  function tellWrong(): void {
    // A word that is none; not one that only the checksum doubts, which the error below tells.
    const at = fields.findIndex((input, place) => input.dataset["state"] === "wrong" && check(place).state !== "ok");
    const sentence = at < 0 ? "" : t(check(at).state === "prefix" ? "card.short" : "card.unknown", { number: at + 1 });
    if (note.textContent !== sentence) note.textContent = sentence;
    const sound = words.filter((word) => look(word).state === "ok").length;
    count.textContent = t("card.progress", { count: sound });
  }

  function typed(at: number): void {
    const input = fields[at]!;
    const several = input.value.trim().split(/[^\p{L}]+/u).filter(Boolean);
    if (several.length > 1) {
      spread(at, input.value);
      return;
    }
    words[at] = input.value.trim();
    mark(at, input, false);
    suggest(at);
    judge();
  }

  /** A field that is left holds the full word. */
  function finish(at: number): void {
    const input = fields[at]!;
    const { word } = check(at);
    if (word && input.value !== word) {
      input.value = word;
      words[at] = word;
    }
    mark(at, input);
    tellWrong();
  }

  function judge(): void {
    replace(problem);
    tellWrong();
    if (words.some((word) => look(word).state !== "ok")) return;
    const { card, error } = readTyped(words.join(" "));
    if (error) showProblem(error);
    if (card) {
      close();
      onCard(card);
    }
  }

  function showProblem(error: EscrowError): void {
    replace(problem, fault(error));
    for (const name of ["position", "next"]) {
      const input = fields[Number(error.fields[name]) - 1];
      if (input) input.dataset["state"] = "wrong";
    }
  }

  function suggest(at: number): void {
    const { state, completions } = check(at);
    chosen = -1;
    const typing = (words[at] ?? "").length;
    // One letter would show eight words out of fifty: more noise than help.
    const offer = typing >= 2 && state !== "unknown" && completions.some((word) => word !== words[at]);
    if (!offer) {
      close();
      return;
    }
    list.setAttribute("aria-label", t("card.suggestions", { number: at + 1 }));
    replace(list, ...completions.map((word, place) => option(at, word, place)));
    grid.children[at]!.append(list);
    list.hidden = false;
    fields[at]!.setAttribute("aria-expanded", "true");
    fields[at]!.removeAttribute("aria-activedescendant");
  }

  function option(at: number, word: string, place: number): HTMLElement {
    const item = h("li", { id: `${listId}-${place}`, role: "option", "aria-selected": "false" }, word);
    // Not on click: the field would have lost the focus by then, and the list would be gone.
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      take(at, word);
    });
    return item;
  }

  function close(): void {
    list.hidden = true;
    for (const input of fields ?? []) {
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
  }

  function take(at: number, word: string): void {
    fields[at]!.value = word;
    words[at] = word;
    mark(at, fields[at]!);
    close();
    (fields[at + 1] ?? fields[at])!.focus();
    judge();
  }

  function key(at: number, event: KeyboardEvent): void {
    const options = [...list.children] as HTMLElement[];
    const { word, completions } = check(at);
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden) {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : options.length + (chosen < 0 ? 0 : -1))) % options.length;
      options.forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
      fields[at]!.setAttribute("aria-activedescendant", `${listId}-${chosen}`);
    } else if (event.key === "Escape" && !list.hidden) {
      close();
    } else if (event.key === " " || event.key === "Enter") {
      const picked = chosen >= 0 && !list.hidden ? completions[chosen] : (word ?? (completions.length === 1 ? completions[0] : null));
      if (picked) take(at, picked);
      else if (words[at]) fields[at + 1]?.focus();
    } else if (event.key === "Backspace" && fields[at]!.value === "" && at > 0) {
      fields[at - 1]!.focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  function pasted(at: number, event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text.split(/[^\p{L}]+/u).filter(Boolean).length < 2) return;
    event.preventDefault();
    spread(at, text);
  }

  /** Several words into the fields from `at` on; a whole page is searched for a card instead. */
  function spread(at: number, text: string): void {
    const found = readTyped(text).words;
    if (found.length > CARD_WORDS && onPage(text)) return;
    const from = found.length >= CARD_WORDS ? 0 : at;
    const taken = found.slice(0, CARD_WORDS - from);
    const raw = text.normalize("NFKC").match(/\p{L}+/gu) ?? [];
    taken.forEach(({ check: { word } }, place) => {
      words[from + place] = word ?? (raw[place] ?? "?").toLowerCase().slice(0, 40);
      fields[from + place]!.value = words[from + place]!;
      mark(from + place, fields[from + place]!);
    });
    close();
    say(t("card.filled", { count: taken.length }));
    const next = words.findIndex((word) => look(word).state !== "ok");
    fields[next < 0 ? CARD_WORDS - 1 : next]!.focus();
    judge();
  }

  function clear(): void {
    words.fill("");
    fields.forEach((input, at) => {
      input.value = "";
      mark(at, input);
    });
    close();
    replace(problem);
    tellWrong();
  }

  const hide = button(t("card.hide"), () => {
    const hidden = grid.classList.toggle("veiled");
    hide.textContent = t(hidden ? "card.show" : "card.hide");
  }, { class: "plain" });
  const empty = button(t("card.clear"), () => {
    clear();
    say(t("card.cleared"));
    fields[0]!.focus();
  }, { class: "plain" });
  const bar = h("div", { class: "bar" }, count, hide, empty);
  const element = h("div", { class: "entry-of-card" }, grid, note, problem, bar);
  judge();
  return { element, clear, focus: () => fields[Math.max(0, words.findIndex((word) => word === ""))]!.focus() };
}
