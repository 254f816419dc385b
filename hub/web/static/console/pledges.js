// What clients are owed by when: priority, targets of the SLA, and what an operator promised.

import { act, may } from "./actions.js";
import { h, icon } from "./dom.js";
import { askSnooze } from "./snooze.js";
import { state } from "./state.js";
import { momentOf, span, t, when } from "./texts.js";

/** How a target stands: `missed`, `risk` (staff were warned of it), or `ok`. */
export const standingOf = (clock) => {
  if (clock.state === "breached" || (clock.due_at && new Date(clock.due_at) <= Date.now())) return "missed";
  return clock.state === "warned" ? "risk" : "ok";
};

/** `12 min left`, or only `12 min` where it has to be short, and `5 min late`. */
function leftOf(due, short) {
  const left = new Date(due) - Date.now();
  const time = span(Math.max(Math.abs(left), 60_000));
  if (left <= 0) return t("sla.late", { time });
  return short ? time : t("sla.left", { time });
}

/** The target that is missed first of those that run; undefined when none does. */
export const urgent = (it) => it.sla.find((clock) => clock.due_at);

export const isLate = (it) => it.sla.some((clock) => clock.due_at && standingOf(clock) !== "ok");

const SIGNS = { ok: "clock", risk: "clock", missed: "warning" };

export function slaChip(clock, { named = false, short = false } = {}) {
  const standing = clock.due_at ? standingOf(clock) : "ok";
  const name = t(`sla.${clock.target}`);
  const what = clock.due_at ? h("span", { data: { due: clock.due_at, short: short ? "1" : "" } }, leftOf(clock.due_at, short)) : h("span", {}, t("sla.paused"));
  const until = clock.due_at && t("sla.until", { name, time: when(clock.due_at) });
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
    clock && standingOf(clock) !== "ok" && slaChip(clock, { short: true }),
    it.promise && h("span", { class: "pledge", title: t("promise.title") }, icon("bell"), h("span", {}, momentOf(it.promise.until))),
  ];
}

function promise(it) {
  const { until, operator, text } = it.promise;
  const who = operator === state.me.id ? t("author.me") : state.operators.get(operator)?.name ?? operator;
  return h(
    "span",
    { class: "pledge promised", title: t("promise.by", { name: who }) },
    icon("bell"),
    h("span", {}, t("promise.for", { time: when(until) })),
    text && h("bdi", { class: "of" }, `“${text}”`),
  );
}

const deed = (it, action, label, run) =>
  it.actions.includes(action) &&
  h("button", { type: "button", class: "small", title: action === "snooze" ? t("snooze.hint") : null, disabled: !may(action, it), onclick: run }, label);

/** The strip below the conversation's head; nothing where there is nothing to tell and nothing to do. */
export function pledges(it) {
  if (it.state === "closed") return [];
  const chips = [priorityChip(it), callBackChip(it), ...it.sla.map((clock) => slaChip(clock, { named: true }))];
  const promised = [
    it.promise && promise(it),
    it.promise && deed(it, "unsnooze", t("promise.take_back"), () => act(it.id, "unsnooze")),
    deed(it, "snooze", t(it.promise ? "snooze.change" : "snooze"), () => askSnooze(it)),
  ].filter(Boolean);
  return [...chips, promised.length > 0 && h("span", { class: "promise" }, promised)].filter(Boolean);
}

/** Keep the time left going. */
export function tickPledges() {
  for (const element of document.querySelectorAll("[data-due]")) {
    element.textContent = leftOf(element.dataset.due, element.dataset.short);
    const chip = element.closest(".sla");
    if (new Date(element.dataset.due) <= Date.now()) {
      chip?.classList.remove("ok", "risk");
      chip?.classList.add("missed");
    }
  }
}
