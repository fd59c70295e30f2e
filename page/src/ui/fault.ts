// An error as people read it: what it is, what to do, and a code for whoever helps.

import { EscrowError } from "../core/index.ts";
import { h } from "./dom.ts";
import { t, tell } from "./text.ts";

/** Anything thrown, as an error of ours; what is not one is a fault of the page and has no details. */
export function asError(thrown: unknown): EscrowError {
  if (thrown instanceof EscrowError) return thrown;
  // For whoever looks into the console; no secret is in an error's own text.
  console.error(thrown instanceof Error ? thrown.name : "unknown");
  return new EscrowError("unavailable", "page.unexpected");
}

export function fault(error: EscrowError, name = ""): HTMLElement {
  const told = tell(error);
  return h(
    "div",
    { class: "fault", role: "alert", "data-code": error.code },
    h("p", {}, h("strong", {}, name ? `${name}: ${told.says}` : told.says)),
    h("p", {}, told.hint),
    h("p", { class: "quiet" }, t("check.code", { code: told.code })),
  );
}
