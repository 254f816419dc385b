// A code with which operators link their account on a messenger.

import { post } from "./api.js";
import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { t, when } from "./texts.js";
import { complain } from "./toasts.js";

/** Make a code and show it, once. */
export async function showLinkCode() {
  try {
    const { code, until } = await post("/operators/me/link-codes", {});
    openDialog(t("link.title"), () => [
      h("p", {}, t("link.how")),
      h("p", {}, h("code", { class: "link-code" }, `/link ${code}`)),
      h("p", { class: "muted" }, t("link.until", { until: when(until) })),
    ]);
  } catch (error) {
    complain(error);
  }
}
