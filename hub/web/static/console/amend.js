// Changing what was said to the client: editing it in its place, deleting it, and what it said before.

import { act } from "./actions.js";
import { confirmRetract } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { responses } from "./respond.js";
import { changed, state } from "./state.js";
import { fullTime, t, timeOf } from "./texts.js";

const LONGEST = 20_000;

export const isBeingEdited = (message) => state.editing === message.id;

function stop() {
  state.editing = "";
  changed();
}

function start(message) {
  state.editing = message.id;
  changed();
  // Drawing the message anew returns the focus to where it was first.
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(".editor textarea")?.focus()));
}

const tool = (name, symbol, run) =>
  h("button", { type: "button", class: "quiet", disabled: !state.live, title: t(`amend.${name}`), "aria-label": t(`amend.${name}`), onclick: run }, icon(symbol));

/** The buttons beside a message, as far as the operator may use them. */
export function tools(message) {
  const buttons = [
    ...responses(message),
    message.actions.includes("edit") && tool("edit", "pencil", () => start(message)),
    message.actions.includes("retract") && tool("retract", "bin", () => confirmRetract(message)),
  ].filter(Boolean);
  return buttons.length > 0 && h("span", { class: "tools" }, buttons);
}

/** A form in the place of a message's text. Enter saves, Escape gives up. */
export function editor(message) {
  const text = h("textarea", { rows: 2, maxLength: LONGEST, "aria-label": t("amend.text"), dir: "auto" });
  text.value = message.text;
  const save = async (event) => {
    event.preventDefault();
    const done = await act(message.conversation, `messages/${encodeURIComponent(message.id)}/edit`, { text: text.value });
    if (done) stop();
  };
  const pressed = (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      stop();
    } else if (event.key === "Enter" && event.target === text && !event.shiftKey && !event.isComposing) {
      save(event);
    }
  };
  return h(
    "form",
    { class: "editor", onsubmit: save, onkeydown: pressed },
    text,
    h("span", { class: "editor-buttons" },
      h("button", { type: "button", class: "small", onclick: stop }, t("cancel")),
      h("button", { type: "submit", class: "small primary" }, t("amend.save"))),
  );
}

const versions = (message) =>
  message.versions.length > 0 &&
  h("ol", { class: "versions" }, message.versions.map((it) =>
    h("li", {}, h("p", { class: "said", dir: "auto" }, it.text), h("time", { dateTime: it.at, title: fullTime(it.at) }, t("amend.until", { time: timeOf(it.at) })))));

/** What an edited message said before, on demand. */
export const former = (message) =>
  message.edited_at &&
  h("details", { class: "former" }, h("summary", { title: fullTime(message.edited_at) }, t("message.edited")), versions(message));

/** What stands in the place of a deleted message; what it said stays with staff, on demand. */
export function gone(message, body) {
  const label = t(message.author.kind === "client" ? "message.deleted_by_client" : "message.deleted");
  return [
    h("p", { class: "label", title: fullTime(message.deleted_at) }, icon("bin"), label),
    h("details", { class: "former" }, h("summary", {}, t("message.deleted.show")), body, versions(message)),
  ];
}
