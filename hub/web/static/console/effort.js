// Who takes and who passes on easy and hard conversations of a line.

import { get } from "./api.js";
import { openDialog } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { t } from "./texts.js";
import { complain } from "./toasts.js";

const PERIODS = [7, 30];
const DAY = 86_400_000;

function share(it) {
  if (it.share === null) return h("td", { class: "none" }, "–");
  return h(
    "td",
    {},
    h("b", {}, `${Math.round(it.share * 100)} %`),
    h("meter", { min: 0, max: 1, value: it.share, "aria-hidden": "true" }),
    h("span", { class: "muted" }, t("effort.passed", { passed: it.passed, involved: it.involved })),
  );
}

const table = (report) =>
  h(
    "table",
    { class: "efforts" },
    h("caption", {}, t("effort.caption")),
    h("thead", {}, h("tr", {}, ["operator", "easy", "usual", "hard"].map((key) => h("th", { scope: "col" }, t(`effort.${key}`))))),
    h(
      "tbody",
      {},
      report.operators.map((it) => h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, it.name)), it.work.map(share))),
    ),
  );

function told(report) {
  const n = report.easy + report.usual + report.hard;
  if (!n) return h("p", { class: "empty" }, t("effort.none"));
  const findings = report.findings.map((it) => h("p", { class: "finding" }, it.sentence));
  return [
    h("p", {}, t("effort.counts", { n, easy: report.easy, usual: report.usual, hard: report.hard })),
    findings.length ? findings : h("p", {}, t("effort.even")),
    table(report),
    h("p", { class: "muted" }, t("effort.legend")),
  ];
}

async function read(line, days, into) {
  const since = new Date(Date.now() - days * DAY).toISOString();
  try {
    const report = await get(`/reports/effort?line=${encodeURIComponent(line)}&since=${encodeURIComponent(since)}`);
    fill(into, `${days} ${JSON.stringify(report)}`, () => told(report));
  } catch (error) {
    complain(error);
  }
}

/** Open the report of a line. */
export function showEffort(line) {
  openDialog(t("effort.title", { name: line.name }), () => {
    const into = h("div", { class: "effort-report", role: "status" }, h("p", { class: "empty" }, t("list.loading")));
    const choose = (event) => read(line.id, Number(event.target.value), into);
    const period = h("select", { "aria-label": t("effort.days", { n: "" }), onchange: choose }, PERIODS.map((n) => h("option", { value: n }, t("effort.days", { n }))));
    read(line.id, PERIODS[0], into);
    return h("div", { class: "efforts-of" }, period, into);
  }, { wide: true });
}
