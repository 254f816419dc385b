// Linking one's account on a messenger, so that one works there as oneself.

import { post } from "./api.js";
import { h } from "./dom.js";
import { t, timeOf } from "./texts.js";
import { complain } from "./toasts.js";

/** A button that gets a code, and shows it in its place. */
export function linkButton() {
  const place = h("p", { class: "link-code", role: "status" });
  const ask = async () => {
    try {
      const { code, until } = await post("/operators/me/link-codes");
      place.replaceChildren(t("link.code"), " ", h("code", {}, `/link ${code}`), " ", h("span", { class: "muted" }, t("link.until", { time: timeOf(until) })));
    } catch (error) {
      complain(error);
    }
  };
  place.append(h("button", { type: "button", onclick: ask }, t("link.get")));
  return place;
}
