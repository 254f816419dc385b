// Questions that need an answer before something is done: transfer, close, and the list of keys.

import { act, loadStaff } from "./actions.js";
import { h, icon } from "./dom.js";
import { nameOf, state } from "./state.js";
import { t } from "./texts.js";
import { complain } from "./toasts.js";

/** Open a dialog; it leaves the page when it is closed, and the focus returns to where it was. */
export function openDialog(title, content, { wide = false } = {}) {
  const before = document.activeElement;
  const dialog = h("dialog", { class: wide ? "wide" : "", "aria-label": title });
  const close = h("button", { type: "button", class: "quiet", "aria-label": t("close"), onclick: () => dialog.close() }, icon("x"));
  dialog.append(h("header", {}, h("h2", {}, title), close), ...[content(dialog)].flat(Infinity));
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus?.();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const LONGEST_REASON = 500;

const option = (value, title, detail, extra = {}) =>
  h(
    "label",
    { class: "choice" },
    h("input", { type: "radio", name: "target", value, required: true, ...extra }),
    h("span", { class: "choice-text" }, h("span", { class: "choice-title" }, title), h("span", { class: "choice-detail" }, detail)),
  );

function colleague(it) {
  const detail = [
    t(`presence.${it.presence}`),
    it.on_shift ? "" : t("transfer.off_shift"),
    t("transfer.load", { load: it.load, capacity: it.capacity }),
  ];
  const title = [h("span", { class: `presence-dot ${it.presence}` }), it.name];
  return option(`operator:${it.id}`, title, detail.filter(Boolean).join(" · "));
}

function line(it) {
  const detail = [
    it.open ? "" : t("transfer.closed_now"),
    it.paused ? t("lines.paused") : "",
    t("transfer.waiting", { n: it.waiting }),
    t("transfer.available", { n: it.available }),
  ];
  return option(`line:${it.id}`, it.name, detail.filter(Boolean).join(" · "));
}

function targets(it) {
  const colleagues = [...state.operators.values()].filter((other) => other.id !== state.me.id && other.id !== it.operator);
  const rank = { available: 0, break: 1, away: 2 };
  colleagues.sort((a, b) => rank[a.presence] - rank[b.presence] || a.load - b.load);
  const lines = state.lines.filter((other) => other.id !== it.line || it.operator);
  return [
    h("fieldset", {}, h("legend", {}, t("transfer.colleagues")), colleagues.map(colleague), colleagues.length === 0 && h("p", { class: "empty" }, t("transfer.nobody"))),
    h("fieldset", {}, h("legend", {}, t("transfer.lines")), lines.map(line)),
  ];
}

export async function askTransfer(it) {
  try {
    await loadStaff();
  } catch (error) {
    complain(error);
  }
  openDialog(t("transfer.title"), (dialog) => {
    const submit = async (event) => {
      event.preventDefault();
      const form = new FormData(event.target);
      const [kind, target] = form.get("target").split(/:(.*)/s);
      const body = { comment: form.get("comment") };
      body[kind === "line" ? "to_line" : "to_operator"] = target;
      if (await act(it.id, "transfer", body)) dialog.close();
    };
    return h(
      "form",
      { onsubmit: submit },
      h("div", { class: "targets" }, targets(it)),
      h("label", { class: "field" }, t("transfer.comment"), h("textarea", { name: "comment", rows: 2, maxLength: 2000, placeholder: t("transfer.comment.hint") })),
      buttons(dialog, t("action.transfer")),
    );
  });
}

const buttons = (dialog, label) =>
  h(
    "div",
    { class: "dialog-buttons" },
    h("button", { type: "button", onclick: () => dialog.close() }, t("cancel")),
    h("button", { type: "submit", class: "primary" }, label),
  );

/** What the line's rules offer as reasons; none has to be chosen. */
function reasons(it) {
  const every = state.lines.find((line) => line.id === it.line)?.close_reasons ?? [];
  return every.length > 0 &&
    h("fieldset", { class: "reasons" }, h("legend", {}, t("close.reasons")), every.map((text) =>
      h("label", { class: "choice" }, h("input", { type: "radio", name: "reason", value: text }), h("span", { dir: "auto" }, text))));
}

export function confirmClose(it) {
  openDialog(t("close.title"), (dialog) => {
    const submit = async (event) => {
      event.preventDefault();
      dialog.close();
      const chosen = new FormData(event.target).get("reason") ?? "";
      await act(it.id, "close", { reason: [chosen, words.value.trim()].filter(Boolean).join(": ").slice(0, LONGEST_REASON) });
    };
    const words = h("input", { type: "text", maxLength: LONGEST_REASON, dir: "auto" });
    return h("form", { onsubmit: submit }, h("p", {}, t("close.question", { name: nameOf(it) })), reasons(it),
      h("label", { class: "field" }, t("close.reason"), words), buttons(dialog, t("action.close")));
  });
}

export function confirmRetract(message) {
  openDialog(t("retract.title"), (dialog) => {
    const submit = async (event) => {
      event.preventDefault();
      dialog.close();
      await act(message.conversation, `messages/${encodeURIComponent(message.id)}/retract`);
    };
    return h("form", { onsubmit: submit }, h("p", {}, t("retract.question")), h("blockquote", { dir: "auto" }, message.text), buttons(dialog, t("amend.retract")));
  });
}

const KEYS = [
  ["j", "k"], ["g m", "g q", "g a", "g c"], ["t"], ["s"], ["r"], ["n"], ["w"], ["/"], ["x"], ["e"], ["z"], ["i"], ["g l"], ["Esc"], ["?"],
];

export function showKeys() {
  openDialog(t("keys.title"), () =>
    h("dl", { class: "keys" }, KEYS.map((keys) => [
      h("dt", {}, keys.map((key) => h("kbd", {}, key))),
      h("dd", {}, t(`keys.${keys[0].replace(" ", "_")}`)),
    ])),
  );
}
