// The list of conversations: tabs, offers on top, and one row for each.

import { loadList, open, skip, take } from "./actions.js";
import { byId, fill, h, icon, show } from "./dom.js";
import { channelIcon, face } from "./faces.js";
import { smallChips, tickPledges } from "./pledges.js";
import { changed, listed, nameOf, offeredToMe, state } from "./state.js";
import { countdown, momentOf, span, t } from "./texts.js";

export const VIEWS = ["mine", "queue", "all", "closed"];

export function chooseView(view) {
  state.view = view;
  if (!state.lists[view]?.loaded) loadList(view);
  changed();
}

function chooseLine(line) {
  state.line = line;
  for (const list of Object.values(state.lists)) list.loaded = false;
  loadList(state.view);
  changed();
}

const countOf = (view) => {
  if (!state.lists[view]?.loaded || view === "closed") return "";
  const count = listed(view).length;
  return count ? `${count}${state.lists[view].next ? "+" : ""}` : "";
};

function tab(view) {
  const count = countOf(view);
  return h(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-${view}`,
      "aria-selected": String(view === state.view),
      "aria-controls": "rows",
      tabIndex: view === state.view ? 0 : -1,
      onclick: () => chooseView(view),
      onkeydown: (event) => turnTabs(event, view),
    },
    t(`view.${view}`),
    count && h("span", { class: "count" }, count),
  );
}

function turnTabs(event, view) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length];
  chooseView(next);
  requestAnimationFrame(() => byId(`tab-${next}`)?.focus());
}

function badge(it) {
  if (it.state === "triage") return h("span", { class: "badge bot" }, t("state.triage"));
  if (it.state === "offered") return h("span", { class: "badge offer" }, t("state.offered"));
  if (it.state === "queued") return h("span", { class: "badge queued" }, t("state.queued"));
  if (it.state === "closed") {
    return it.rating ? h("span", { class: "badge rated" }, icon("star"), String(it.rating.score)) : null;
  }
  if (it.operator && it.operator !== state.me.id) return h("span", { class: "badge other" }, it.operator_name);
  return null;
}

/** How long the client has waited for an answer, counted live. */
function waiting(it) {
  const since = it.state === "queued" || it.state === "offered" ? it.queued_at : it.last_client_at;
  if (!since || !["queued", "offered", "open"].includes(it.state)) return h("time", {}, momentOf(it.active_at));
  return h("time", { class: "waiting", data: { since }, title: t("list.waits") }, span(Date.now() - new Date(since)));
}

function offerButtons(it) {
  if (!offeredToMe(it)) return null;
  const seconds = it.offer_until && h("span", { class: "countdown", data: { until: it.offer_until } }, countdown(it.offer_until));
  return h(
    "div",
    { class: "offer-actions" },
    h("button", { type: "button", class: "primary small", disabled: !state.live, onclick: () => take(it) }, t("action.take"), seconds),
    h("button", { type: "button", class: "small", disabled: !state.live, onclick: () => skip(it) }, t("action.skip")),
  );
}

function row(it) {
  const current = it.id === state.selected;
  const typing = isTyping(it.id);
  return h(
    "li",
    { class: ["row", it.unread && "unread", current && "current", offeredToMe(it) && "offered"].filter(Boolean).join(" ") },
    h(
      "button",
      { type: "button", class: "row-open", "aria-current": current ? "true" : null, onclick: () => open(it.id) },
      face(it.client, it.client_name, it.photo, h("span", { class: "face-channel" }, channelIcon(it.kind))),
      h(
        "span",
        { class: "row-text" },
        h("span", { class: "row-top" }, h("bdi", { class: "name" }, nameOf(it)), waiting(it)),
        h("bdi", { class: typing ? "preview typing" : "preview" }, typing ? t("list.typing") : it.preview || t("list.nothing_said")),
        h("span", { class: "row-foot" }, h("span", { class: "line" }, it.line_name), badge(it), smallChips(it)),
      ),
      it.unread && h("span", { class: "dot" }, h("span", { class: "hidden" }, t("list.unread"))),
    ),
    offerButtons(it),
  );
}

export const isTyping = (conversation) => (state.typing.get(conversation)?.until ?? 0) > Date.now();

const signOf = (it) => [JSON.stringify(it), it.id === state.selected, state.live, isTyping(it.id)].join();

function emptyText() {
  if (!state.lists[state.view]?.loaded) return t("list.loading");
  if (state.view === "mine" && state.me.presence !== "available") return t("list.empty.mine.away");
  return t(`list.empty.${state.view}`);
}

function foot(empty) {
  if (empty) return h("p", { class: "empty" }, emptyText());
  if (!state.lists[state.view]?.next) return [];
  return h("button", { type: "button", class: "quiet more", onclick: () => loadList(state.view, true) }, t("list.more"));
}

function lineFilter() {
  const lines = new Map(state.lines.map((it) => [it.id, it.name]));
  if (lines.size < 2) return [];
  const options = [h("option", { value: "" }, t("list.all_lines"))];
  for (const [id, name] of lines) options.push(h("option", { value: id, selected: id === state.line }, name));
  return h("select", { "aria-label": t("list.line"), onchange: (event) => chooseLine(event.target.value) }, options);
}

export function drawList() {
  const rows = listed(state.view);
  const tabs = byId("tabs");
  fill(tabs, [state.view, ...VIEWS.map(countOf)].join(), () => VIEWS.map(tab));
  const mine = state.lines.filter((it) => it.mine || state.me.role !== "operator");
  fill(byId("line-filter"), JSON.stringify([mine.map((it) => it.id), state.line]), () => (mine.length > 1 ? lineFilter() : []));
  byId("rows").setAttribute("aria-labelledby", `tab-${state.view}`);
  show(byId("rows"), rows.map((it) => ({ ...it, key: it.id, sign: signOf(it) })), row);
  const list = state.lists[state.view];
  fill(byId("rows-foot"), [rows.length === 0, list?.loaded, list?.next, state.view, state.me.presence].join(), () => foot(rows.length === 0));
}

/** Move the selection up or down the list. */
export function step(by) {
  const rows = listed(state.view);
  const index = rows.findIndex((it) => it.id === state.selected);
  const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + by))];
  if (next) open(next.id);
}

/** Keep waiting times and countdowns going. */
export function tick() {
  tickPledges();
  for (const element of document.querySelectorAll("[data-until]")) element.textContent = countdown(element.dataset.until);
  for (const element of document.querySelectorAll("[data-since]")) {
    element.textContent = span(Date.now() - new Date(element.dataset.since));
    element.classList.toggle("long", Date.now() - new Date(element.dataset.since) > 300_000);
  }
}
