// Who looks after a client, and how important they are to us.

import { act } from "./actions.js";
import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { nameOf, state } from "./state.js";
import { t } from "./texts.js";

const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);

/** Ask for both, and keep them on the client's card. */
export function askClient(it, client) {
  openDialog(t("client.title", { name: nameOf(it) }), (dialog) => {
    const submit = async (event) => {
      event.preventDefault();
      if (await act(it.id, "client", Object.fromEntries(new FormData(event.target)))) dialog.close();
    };
    const people = [...state.operators.values()].map((each) => option(each.id, each.name, client.responsible));
    // A class that is no longer in the settings stays, so that saving changes nothing by itself.
    const classes = [...new Set([...state.priorities, client.priority].filter(Boolean))].map((each) => option(each, each, client.priority));
    return h(
      "form",
      { onsubmit: submit },
      h("label", { class: "field" }, t("card.responsible"), h("select", { name: "responsible" }, option("", t("client.nobody"), client.responsible), people)),
      h("label", { class: "field" }, t("card.priority"), h("select", { name: "priority" }, option("", t("client.no_priority"), client.priority), classes)),
      h("p", { class: "muted" }, t("client.hint")),
      h("div", { class: "dialog-buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, t("cancel")), h("button", { type: "submit", class: "primary" }, t("client.save"))),
    );
  });
}
