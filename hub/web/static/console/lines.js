// The supervisors' view: every line and how it stands, and one of them with its queue, operators and what is late.

import { openDialog } from "./dialogs.js";
import { byId, fill, h, icon, show } from "./dom.js";
import { showEffort } from "./effort.js";
import { leads, live, setPaused, shown } from "./live.js";
import { showLeave } from "./leave.js";
import { drawQueue } from "./queue.js";
import { state } from "./state.js";
import { span, t, when } from "./texts.js";

const chosen = () => live.lines?.find((it) => it.line.id === state.watched);

/** `Open until 18:00`, `Closed until Monday`, `Paused`. */
function hours(it) {
  if (it.line.paused) return t("lines.paused");
  const key = it.line.open ? "lines.open" : "lines.closed";
  return it.until ? t(`${key}.until`, { time: when(it.until) }) : t(key);
}

const status = (it) =>
  h("span", { class: `line-status ${it.line.paused ? "paused" : it.line.open ? "open" : "closed"}` }, it.line.paused && icon("pause"), hours(it));

const late = (it) => [
  it.missed > 0 && h("span", { class: "pledge sla missed" }, icon("warning"), t("lines.missed", { n: it.missed })),
  it.at_risk > 0 && h("span", { class: "pledge sla risk" }, icon("clock"), t("lines.at_risk", { n: it.at_risk })),
];

const figure = (count, label, extra) =>
  h("span", { class: count ? "figure" : "figure none" }, h("b", {}, String(count)), " ", h("span", {}, label), " ", extra);

const longest = (it) =>
  it.waits_since &&
  h(
    "span",
    { class: "longest", title: t("lines.longest") },
    icon("clock", t("lines.longest")),
    h("time", { class: "waiting", data: { since: it.waits_since } }, span(Date.now() - new Date(it.waits_since))),
  );

function row(it) {
  const current = it.line.id === state.watched;
  return h(
    "li",
    { class: current ? "line-row current" : "line-row" },
    h(
      "a",
      { href: `#/lines/${encodeURIComponent(it.line.id)}`, "aria-current": current ? "true" : null },
      h("span", { class: "line-top" }, h("bdi", { class: "name" }, it.line.name), status(it)),
      h(
        "span",
        { class: "line-figures" },
        figure(it.queued + it.offered, t("lines.in_queue"), longest(it)),
        figure(it.open + it.waiting, t("lines.held")),
        figure(it.line.available, t("lines.available")),
      ),
      h("span", { class: "line-late" }, late(it)),
    ),
  );
}

function confirmPause(it) {
  const pausing = !it.line.paused;
  const name = pausing ? "pause" : "resume";
  openDialog(t(`lines.${name}.title`, { name: it.line.name }), (dialog) => {
    const submit = async (event) => {
      event.preventDefault();
      if (await setPaused(it.line.id, pausing)) dialog.close();
    };
    return h(
      "form",
      { onsubmit: submit },
      h("p", {}, t(`lines.${name}.question`)),
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", { type: "button", onclick: () => dialog.close() }, t("cancel")),
        h("button", { type: "submit", class: "primary" }, t(`lines.${name}`)),
      ),
    );
  });
}

function head(it) {
  const name = it.line.paused ? "resume" : "pause";
  return [
    h("a", { class: "back", href: "#/lines", "aria-label": t("nav.back") }, icon("back")),
    h("div", { class: "who" }, h("h1", {}, h("bdi", {}, it.line.name)), h("p", { class: "where" }, hours(it))),
    h(
      "button",
      {
        type: "button",
        id: "pause-line",
        class: it.line.paused ? "primary" : "",
        "aria-label": t(`lines.${name}`),
        disabled: !state.live,
        onclick: () => confirmPause(it),
      },
      icon(it.line.paused ? "play" : "pause"),
      h("span", {}, t(`lines.${name}`)),
    ),
  ];
}

const figures = (it) => [
  figure(it.queued, t("state.queued"), longest(it)),
  figure(it.offered, t("state.offered")),
  figure(it.open, t("state.open")),
  figure(it.waiting, t("state.waiting")),
  figure(it.triage, t("state.triage")),
  h("span", { class: "line-late" }, late(it)),
  h("button", { type: "button", id: "line-effort", class: "quiet", onclick: () => showEffort(it.line) }, t("lines.effort")),
];

function operator({ operator: it, load, capacity }) {
  const most = capacity ?? it.capacity;
  const here = t("lines.load_here", { load, capacity: most });
  const detail = [t(`presence.${it.presence}`), !it.on_shift && t("transfer.off_shift"), here].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "line-operator" },
    h("span", { class: `presence-dot ${it.presence}` }),
    h("span", { class: "choice-text" }, h("span", { class: "choice-title" }, it.name), h("span", { class: "choice-detail" }, detail)),
    h(
      "span",
      { class: "load-of", title: t("bar.load.title") },
      h("meter", { min: 0, max: it.capacity, high: it.capacity * 0.99, value: it.load, "aria-label": t("bar.load.title") }),
      t("bar.load", { load: it.load, capacity: it.capacity }),
      h("button", { type: "button", class: "quiet", onclick: () => showLeave(it) }, t("leave")),
    ),
  );
}

/** The operators as the line's reading told them, with what the feed has told of them since. */
function operators(line) {
  const known = live.details.get(line)?.operators ?? [];
  return known.map((it) => ({ ...it, operator: state.operators.get(it.operator.id) ?? it.operator }));
}

function drawDetail(it) {
  byId("line-detail").hidden = !it;
  byId("no-line").hidden = Boolean(it);
  if (!it) return;
  fill(byId("line-head"), JSON.stringify([it, state.live]), () => head(it));
  fill(byId("line-figures"), JSON.stringify(it), () => figures(it));
  const people = operators(it.line.id).map((each) => ({ ...each, key: each.operator.id, sign: JSON.stringify(each) }));
  show(byId("line-operators"), people, operator);
  byId("no-operators").hidden = people.length > 0 || !live.details.has(it.line.id);
  drawQueue(it);
}

export function drawLines() {
  const link = byId("places");
  link.hidden = !leads();
  for (const each of link.querySelectorAll("a")) {
    if (each.dataset.place === state.place) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  byId("lines").hidden = !shown();
  byId("panes").hidden = shown();
  if (!shown()) return;
  document.body.dataset.line = state.watched ? "one" : "all";
  const rows = (live.lines ?? []).map((it) => ({ ...it, key: it.line.id, sign: JSON.stringify([it, it.line.id === state.watched]) }));
  show(byId("line-rows"), rows, row);
  byId("lines-loading").hidden = live.lines !== null;
  drawDetail(chosen());
}
