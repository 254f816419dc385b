// Short sentences about what went wrong or well, read out by screen readers.

import { Refusal } from "./api.js";
import { byId, h, icon } from "./dom.js";
import { t } from "./texts.js";

const SHOWN_FOR = 9000;

export function toast(sentence, kind = "error") {
  const close = () => element.remove();
  const element = h(
    "div",
    { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status" },
    icon(kind === "error" ? "warning" : "check"),
    h("p", {}, sentence),
    h("button", { class: "quiet small", type: "button", "aria-label": t("close"), onclick: close }, icon("x")),
  );
  byId("toasts").append(element);
  setTimeout(close, SHOWN_FOR);
}

/** Tell why something did not work. */
export function complain(error) {
  if (error?.name === "AbortError") return;
  toast(error instanceof Refusal ? error.message : t("error.network"));
}
