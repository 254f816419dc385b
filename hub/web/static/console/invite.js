// An address by which a client we know goes on in another messenger, and is known there too.

import { post } from "./api.js";
import { writeInto } from "./composer.js";
import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { nameOf, state } from "./state.js";
import { t, when } from "./texts.js";
import { complain } from "./toasts.js";

async function show(it, channel) {
  try {
    const { url, until } = await post(`/conversations/${it.id}/invitations`, { channel });
    openDialog(t("invite.title", { name: nameOf(it), channel }), (dialog) => {
      const field = h("input", { class: "invite-url", readonly: true, value: url, "aria-label": t("invite.address"), onfocus: (event) => event.target.select() });
      const copy = async (event) => {
        // Without https browsers have no clipboard, and may refuse: then the address is selected, to be copied by hand.
        field.select();
        const copied = await navigator.clipboard?.writeText(url).then(() => true, () => false);
        if (copied) event.target.textContent = t("invite.copied");
      };
      const write = (event) => {
        event.preventDefault();
        dialog.close();
        writeInto(t("invite.text", { url }));
      };
      return h(
        "form",
        { onsubmit: write },
        h("p", {}, t("invite.how")),
        field,
        h("p", { class: "muted" }, t("invite.until", { until: when(until) })),
        h("div", { class: "dialog-buttons" }, h("button", { type: "button", onclick: copy }, t("invite.copy")), h("button", { type: "submit", class: "primary" }, t("invite.write"))),
      );
    });
  } catch (error) {
    complain(error);
  }
}

/** A button for each channel but the one the client writes on here. */
export function inviteButtons(it) {
  return state.inviting
    .filter((channel) => channel !== it.channel)
    .map((channel) => h("button", { type: "button", class: "small", onclick: () => show(it, channel) }, t("invite.button", { channel })));
}
