// A revision that was given beside the one that is opened, in words.

import type { Aside } from "../core/index.ts";
import { h } from "./dom.ts";
import { day, t } from "./text.ts";

export function asideNote({ revision, created, why }: Aside, opened: number): HTMLElement {
  const values = revision === null ? {} : { revision, date: day(created), opened };
  return h("p", { class: "notice", "data-aside": revision ?? "unproved" }, t(`aside.${why}`, values));
}
