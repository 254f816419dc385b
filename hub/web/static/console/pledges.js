// What clients are owed by when: priority, targets of the SLA, and what an operator promised.

import { act, may } from "./actions.js";
import { h, icon } from "./dom.js";
import { askSnooze } from "./snooze.js";
import { state } from "./state.js";
import { dayOf, momentOf, span, t, timeOf } from "./texts.js";

/** How a target stands: `missed`, `risk` (staff were warned of it), or `ok`. */
export const standingOf = (clock) => {
  if (clock.state === "breached" || (clock.due_at && new Date(clock.due_at) <= Date.now())) return "missed";
  return clock.state === "warned" ? "risk" : "ok";
};

/** `12 min left`, or `5 min late`. */
export function leftOf(due) {
  const left = new Date(due) - Date.now();
  return left > 0 ? t("sla.left", { time: span(Math.max(left, 60_000)) }) : t("sla.late", { time: span(Math.max(-left, 60_000)) });
}

/** The target that is missed first of those that run; undefined when none does. */
export const urgent = (it) => it.sla.find((clock) => clock.due_at);

export const isLate = (it) => it.sla.some((clock) => clock.due_at && standingOf(clock) !== "ok");

const SIGNS = { ok: "clock", risk: "clock", missed: "warning" };

export function slaChip(clock, { named = false } = {}) {
  const standing = clock.due_at ? standingOf(clock) : "ok";
  const name = t(`sla.${clock.target}`);
  const what = clock.due_at ? h("span", { data: { due: clock.due_at } }, leftOf(clock.due_at)) : h("span", {}, t("sla.paused"));
  const until = clock.due_at && t("sla.until", { name, time: `${dayOf(clock.due_at)}, ${timeOf(clock.due_at)}` });
  return h(
    "span",
    { class: `pledge sla ${standing}`, title: until || t("sla.paused.title", { name }) },
    icon(SIGNS[standing]),
    named && h("span", { class: "of" }, name),
    !named && standing !== "ok" && h("span", { class: "hidden" }, t(`sla.${standing}`)),
    what,
  );
}

export const priorityChip = (it) =>
  it.priority && h("span", { class: "pledge priority", title: t("priority") }, icon("flag"), h("span", {}, it.priority));

export const callBackChip = (it) =>
  it.call_back === "wanted" && h("span", { class: "pledge call" }, icon("phone"), h("span", {}, t("call_back")));

/** For lists: only what is at risk, so that they stay quiet. */
export function smallChips(it) {
  const clock = urgent(it);
  return [
    clock && standingOf(clock) !== "ok" && slaChip(clock),
    it.promise && h("span", { class: "pledge", title: t("promise.title") }, icon("bell"), h("span", {}, momentOf(it.promise.until))),
  ];
}

function promise(it) {
  const { until, operator, text } = it.promise;
  const who = operator === state.me.id ? t("author.me") : state.operators.get(operator)?.name ?? operator;
  return [
    h(
      "span",
      { class: "pledge promised", title: t("promise.by", { name: who }) },
      icon("bell"),
      h("span", {}, t("promise.for", { time: `${dayOf(until)}, ${timeOf(until)}` })),
      text && h("bdi", { class: "of" }, `“${text}”`),
    ),
    it.actions.includes("unsnooze") &&
      h("button", { type: "button", class: "small", disabled: !may("unsnooze", it), onclick: () => act(it.id, "unsnooze") }, t("promise.take_back")),
  ];
}

/** The strip below the conversation's head; nothing where there is nothing to tell and nothing to do. */
export function pledges(it) {
  if (it.state === "closed") return [];
  const chips = [priorityChip(it), callBackChip(it), ...it.sla.map((clock) => slaChip(clock, { named: true })), it.promise && promise(it)];
  const snooze =
    it.actions.includes("snooze") &&
    h(
      "button",
      { type: "button", class: "small quiet labelled", disabled: !may("snooze", it), title: t("snooze.hint"), onclick: () => askSnooze(it) },
      icon("bell"),
      t(it.promise ? "snooze.change" : "snooze"),
    );
  return [...chips, snooze && h("span", { class: "stretch" }), snooze].flat().filter(Boolean);
}

/** Keep the time left going. */
export function tickPledges() {
  for (const element of document.querySelectorAll("[data-due]")) {
    element.textContent = leftOf(element.dataset.due);
    const chip = element.closest(".sla");
    if (new Date(element.dataset.due) <= Date.now()) {
      chip?.classList.remove("ok", "risk");
      chip?.classList.add("missed");
    }
  }
}
