// Why the rules decided as they did: the latest decision in plain words, and a table for each.

import { get } from "./api.js";
import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { momentIn, t } from "./texts.js";
import { complain } from "./toasts.js";

function considered(it) {
  return h(
    "tr",
    { class: it.chosen ? "chosen" : "" },
    h("th", { scope: "row" }, it.name),
    h("td", {}, it.reason),
  );
}

/** The second sentence: why who was chosen, or what kept everybody from it. */
function because(it) {
  const told = it.considered.filter((each) => each.chosen || !it.chosen.length).slice(0, 3);
  if (!told.length) return it.decision === "queue" ? t("why.not_taking") : "";
  return `${told.map((each) => `${each.name} — ${each.reason}`).join("; ")}.`;
}

function place(it, zone) {
  const when = t("why.clock", { time: momentIn(it.at, zone), zone });
  return h("p", { class: "rule" }, when, it.rule && [h("br"), t("why.rule", { rule: it.rule })]);
}

function decision(it, zone) {
  return h(
    "article",
    { class: "decision" },
    h("h3", {}, it.sentence),
    because(it) && h("p", {}, because(it)),
    it.considered.length > 0 &&
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("why.operator")), h("th", { scope: "col" }, t("why.reason")))),
        h("tbody", {}, it.considered.map(considered))),
    place(it, zone),
  );
}

/** The latest decision is the answer; those before it are how it came to that. */
function answer({ explanations, zone }) {
  const [latest, ...before] = explanations.toReversed();
  return h(
    "div",
    { class: "decisions" },
    decision(latest, zone),
    before.length > 0 && h("h3", { class: "before" }, t("why.before")),
    before.map((it) => decision(it, zone)),
  );
}

export async function showWhy(conversation) {
  try {
    const found = await get(`/conversations/${encodeURIComponent(conversation)}/why`);
    openDialog(t("why.title"), () =>
      found.explanations.length ? answer(found) : h("p", { class: "empty" }, t("why.nothing")), { wide: true });
  } catch (error) {
    complain(error);
  }
}
