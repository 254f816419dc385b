// Why the rules decided as they did: a sentence and a table for each decision.

import { get } from "./api.js";
import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { dayOf, t, timeOf } from "./texts.js";
import { complain } from "./toasts.js";

function considered(it) {
  return h(
    "tr",
    { class: it.chosen ? "chosen" : "" },
    h("th", { scope: "row" }, it.name),
    h("td", {}, it.reason),
  );
}

function decision(it) {
  return h(
    "article",
    { class: "decision" },
    h("h3", {}, h("time", {}, `${dayOf(it.at)}, ${timeOf(it.at)}`), it.sentence),
    it.considered.length > 0 &&
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("why.operator")), h("th", { scope: "col" }, t("why.reason")))),
        h("tbody", {}, it.considered.map(considered))),
    it.rule && h("p", { class: "rule" }, t("why.rule", { rule: it.rule })),
  );
}

export async function showWhy(conversation) {
  try {
    const { explanations } = await get(`/conversations/${encodeURIComponent(conversation)}/why`);
    openDialog(t("why.title"), () =>
      explanations.length ? h("div", { class: "decisions" }, explanations.map(decision)) : h("p", { class: "empty" }, t("why.nothing")), { wide: true });
  } catch (error) {
    complain(error);
  }
}
