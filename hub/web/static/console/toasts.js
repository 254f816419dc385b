// Short sentences about what went wrong or well, read out by screen readers.

import { Refusal } from "./api.js";
import { byId, h, icon } from "./dom.js";
import { t } from "./texts.js";

const SHOWN_FOR = 9000;

const SYMBOLS = { error: "warning", warn: "clock" };
/** More than these would hide the page; the oldest go. */
const MOST = 4;

/** `deed`: what can be done about it, { label, run }. */
export function toast(sentence, kind = "error", deed = null) {
  const close = () => element.remove();
  const act = () => {
    close();
    deed.run();
  };
  const element = h(
    "div",
    { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status" },
    icon(SYMBOLS[kind] ?? "check"),
    h("p", {}, sentence),
    deed && h("button", { class: "small", type: "button", onclick: act }, deed.label),
    h("button", { class: "quiet small", type: "button", "aria-label": t("close"), onclick: close }, icon("x")),
  );
  byId("toasts").append(element);
  while (byId("toasts").children.length > MOST) byId("toasts").firstElementChild.remove();
  setTimeout(close, SHOWN_FOR);
}

/** Tell why something did not work. */
export function complain(error) {
  if (error?.name === "AbortError") return;
  toast(error instanceof Refusal ? error.message : t("error.network"));
}
