// Promising the client to write at a certain time, and being reminded of it then.

import { act } from "./actions.js";
import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { nameOf } from "./state.js";
import { t, when } from "./texts.js";
import { toast } from "./toasts.js";

const MINUTES = { m: 1, min: 1, м: 1, мин: 1, h: 60, ч: 60, d: 1440, д: 1440 };
const DELAY = /^(\d{1,4})\s*(min|мин|m|м|h|ч|d|д)$/iu;

/** The moment that `2h`, `30m` or `1d` from now names; null when it names none. */
export function after(text) {
  const match = DELAY.exec(text.trim());
  if (!match || !Number(match[1])) return null;
  return new Date(Date.now() + Number(match[1]) * MINUTES[match[2].toLowerCase()] * 60_000);
}

function atNine(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  day.setHours(9, 0, 0, 0);
  return day;
}

const untilMonday = () => ((8 - new Date().getDay()) % 7) || 7;

function choices() {
  const later = untilMonday() > 2 ? ["monday", atNine(untilMonday())] : ["after_tomorrow", atNine(2)];
  return [["1h", after("1h")], ["3h", after("3h")], ["tomorrow", atNine(1)], later];
}

/** What `<input type=datetime-local>` understands. */
function local(moment) {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export const snooze = (it, until, text = "") => act(it.id, "snooze", { until: until.toISOString(), text });

export function askSnooze(it) {
  openDialog(t("snooze.title", { name: nameOf(it) }), (dialog) => {
    const text = h("input", { name: "text", maxLength: 1000, placeholder: t("snooze.text.hint"), value: it.promise?.text ?? "" });
    const own = h("input", { type: "datetime-local", name: "until", required: true, min: local(new Date()), value: local(atNine(1)) });
    const set = async (until) => {
      if (await snooze(it, until, text.value.trim())) dialog.close();
    };
    const submit = (event) => {
      event.preventDefault();
      set(new Date(own.value));
    };
    const choice = ([name, until]) =>
      h(
        "button",
        { type: "button", class: "choice", onclick: () => set(until) },
        h("span", { class: "choice-text" }, h("span", { class: "choice-title" }, t(`snooze.${name}`)), h("span", { class: "choice-detail" }, when(until))),
      );
    return h(
      "form",
      { class: "snooze", onsubmit: submit },
      h("p", { class: "muted" }, t("snooze.lead")),
      h("label", { class: "field" }, t("snooze.text"), text),
      h("div", { class: "snooze-choices" }, choices().map(choice)),
      h("label", { class: "field" }, t("snooze.own"), h("span", { class: "snooze-own" }, own, h("button", { type: "submit", class: "primary" }, t("snooze.set")))),
    );
  });
}

/** Carry out `/snooze 2h call back`; without a time, ask for one. */
export function snoozeBy(it, words) {
  if (!words) return askSnooze(it);
  const [delay, ...text] = words.split(/\s+/);
  const until = after(delay);
  return until ? snooze(it, until, text.join(" ")) : toast(t("snooze.not_understood", { text: delay }));
}
