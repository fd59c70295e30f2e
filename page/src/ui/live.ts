// One-time codes that run: one timer for all that are on the page.

import { EscrowError, type Totp, totp } from "../core/index.ts";
import { h } from "./dom.ts";
import { t } from "./text.ts";
import { copier } from "./values.ts";

const running = new Set<() => boolean>();
let timer: ReturnType<typeof setInterval> | undefined;

function run(draw: () => boolean): void {
  running.add(draw);
  timer ??= setInterval(() => {
    for (const one of running) if (!one()) running.delete(one);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  }, 1000);
}

/** The code of this moment. It changes silently: a screen reader would otherwise never stop talking. */
export function liveCode(secret: Totp, title: string): HTMLElement {
  const code = h("span", { class: "code", "data-totp": true });
  const left = h("span", { class: "quiet left" });
  const clock = h("progress", { max: secret.period, value: 0, "aria-hidden": "true" });
  const now = (): number => Math.floor(Date.now() / 1000);
  const element = h(
    "span",
    { class: "live", role: "group", "aria-label": t("view.now-for", { title }) },
    code,
    clock,
    left,
    copier(t("view.now"), () => totp(secret, now()).code),
    h("span", { class: "oddity" }, t("view.now-wrong")),
  );
  let seen = false;
  function draw(): boolean {
    try {
      const { code: text, left: seconds } = totp(secret, now());
      // In two halves, as apps show it; copied without the gap.
      const middle = Math.ceil(text.length / 2);
      code.replaceChildren(text.slice(0, middle), h("span", { class: "gap" }), text.slice(middle));
      left.textContent = t("view.now-left", { seconds });
      clock.value = seconds;
    } catch (error) {
      if (!(error instanceof EscrowError)) throw error;
      return false;
    }
    seen ||= element.isConnected;
    return !seen || element.isConnected;
  }
  if (draw()) run(draw);
  return element;
}
