// A line's queue as a supervisor sees it: who waits, in order, and the means to change that.

import { act, open, may, take } from "./actions.js";
import { askTransfer } from "./dialogs.js";
import { byId, fill, h, icon, show } from "./dom.js";
import { channelIcon } from "./faces.js";
import { live, loadMoreOfQueue } from "./live.js";
import { callBackChip, isLate, priorityChip, slaChip, standingOf } from "./pledges.js";
import { nameOf, queueOf, state } from "./state.js";
import { countdown, span, t } from "./texts.js";

let dragged = "";

/** What is known of the queue without a gap: behind the last page that was read, others may be missing. */
function known(line) {
  const last = live.details.get(line)?.last;
  const all = queueOf(line);
  return last ? all.filter((it) => new Date(it.place) <= new Date(last)) : all;
}

/** Conversations of the line that somebody holds and whose target is at risk or missed, the first to be missed first. */
function heldLate(line) {
  const due = (it) => it.sla.find((clock) => clock.due_at && standingOf(clock) !== "ok").due_at;
  const found = [...state.conversations.values()].filter((it) => it.line === line && it.state === "open" && isLate(it));
  return found.sort((a, b) => new Date(due(a)) - new Date(due(b)));
}

/** Put a conversation before another one of the queue, or first. */
const rank = (it, before) => act(it.id, "rank", { before });

function button(name, symbol, run, { disabled = false, title = t(`queue.${name}`), label = false, of = "" } = {}) {
  return h(
    "button",
    { type: "button", class: label ? "small" : "small quiet", title, "aria-label": `${title}: ${of}`, disabled, data: { action: name }, onclick: run },
    icon(symbol),
    label && h("span", {}, t(`queue.${name}`)),
  );
}

/** Buttons that change its place among those that nobody has been offered yet. */
function moves(it, others) {
  if (!it.actions.includes("rank")) return [];
  const allowed = may("rank", it);
  const of = nameOf(it);
  const place = others.indexOf(it);
  const next = others[place + 2];
  return [
    button("first", "first", () => rank(it, null), { disabled: !allowed || place === 0, of }),
    button("earlier", "up", () => rank(it, others[place - 1].id), { disabled: !allowed || place === 0, of }),
    button("later", "down", () => rank(it, next.id), { disabled: !allowed || !next, of }),
  ];
}

function deeds(it) {
  const of = nameOf(it);
  return [
    it.actions.includes("transfer") && button("assign", "transfer", () => askTransfer(it), { disabled: !may("transfer", it), label: true, of }),
    it.actions.includes("take") && button("take", "hand", () => take(it), { disabled: !may("take", it), label: true, title: t("queue.take.title"), of }),
  ];
}

function where(it) {
  if (it.state === "offered") {
    const names = it.offered.map((id) => state.operators.get(id)?.name ?? id).join(", ");
    const left = it.offer_until && h("span", { class: "countdown", data: { until: it.offer_until } }, countdown(it.offer_until));
    return h("span", { class: "badge offer" }, t("queue.offered_to", { names }), left);
  }
  if (it.state === "open") return h("span", { class: "badge" }, it.operator_name);
  return null;
}

function targets(it) {
  const clocks = it.sla.filter((clock) => clock.due_at);
  const late = clocks.filter((clock) => standingOf(clock) !== "ok");
  return (late.length ? late : clocks.slice(0, 1)).map((clock) => slaChip(clock, { named: late.length > 0 }));
}

function waited(it) {
  const since = it.state === "open" ? it.last_client_at : it.queued_at;
  return since && h("time", { class: "waiting", title: t("list.waits"), data: { since } }, span(Date.now() - new Date(since)));
}

const isMissed = (it) => it.sla.some((clock) => clock.due_at && standingOf(clock) === "missed");

function item(it, { place, others = [] }) {
  const ranked = place !== undefined && may("rank", it);
  const target = () => ranked && dragged && dragged !== it.id;
  return h(
    "li",
    {
      class: ["queued-item", place === undefined && "held", isMissed(it) && "missed"].filter(Boolean).join(" "),
      draggable: ranked,
      ondragstart: (event) => {
        dragged = it.id;
        event.dataTransfer.effectAllowed = "move";
      },
      ondragend: () => (dragged = ""),
      ondragover: (event) => target() && event.preventDefault(),
      ondragenter: (event) => event.currentTarget.classList.toggle("drop", Boolean(target())),
      ondragleave: (event) => event.currentTarget.contains(event.relatedTarget) || event.currentTarget.classList.remove("drop"),
      ondrop: (event) => dropOn(event, it),
    },
    place === undefined ? null : h("span", { class: "nth", "aria-label": t("queue.place", { n: place + 1 }) }, String(place + 1)),
    h(
      "span",
      { class: "queued-text" },
      h(
        "span",
        { class: "queued-top" },
        channelIcon(it.kind),
        h("button", { type: "button", class: "link", title: t("queue.open"), onclick: () => open(it.id) }, h("bdi", {}, nameOf(it))),
        waited(it),
      ),
      h("bdi", { class: "preview" }, it.preview || t("list.nothing_said")),
      h("span", { class: "queued-chips" }, where(it), priorityChip(it), callBackChip(it), targets(it)),
    ),
    h("span", { class: "queued-buttons" }, place === undefined ? null : moves(it, others), deeds(it)),
  );
}

function dropOn(event, it) {
  event.preventDefault();
  event.currentTarget.classList.remove("drop");
  const moved = state.conversations.get(dragged);
  if (moved && moved.id !== it.id) rank(moved, it.id);
}

/** Draw without losing the focus of a row that has changed places: the keyboard goes on with the same button. */
function showKept(list, rows, draw) {
  const before = list.contains(document.activeElement) && document.activeElement;
  const key = before && before.closest("li")?.dataset.key;
  const action = before && before.dataset.action;
  show(list, rows, draw);
  if (!key || !action || list.contains(document.activeElement)) return;
  const same = [...list.children].find((each) => each.dataset.key === key);
  const buttons = [...(same?.querySelectorAll("button[data-action]") ?? [])].filter((each) => !each.disabled);
  (buttons.find((each) => each.dataset.action === action) ?? buttons[0])?.focus({ preventScroll: true });
}

export function drawQueue(line) {
  const id = line.line.id;
  const all = known(id);
  const detail = live.details.get(id);
  const others = all.filter((it) => it.state === "queued");
  const around = others.map((it) => it.id).join();
  const rows = all.map((it, place) => ({ it, place, key: it.id, sign: JSON.stringify([it, place, around, state.live]) }));
  showKept(byId("line-queue"), rows, ({ it, place }) => item(it, { place, others }));
  const total = detail?.next ? line.queued + line.offered : all.length;
  fill(byId("line-queue-title"), `${total}`, () => t("queue.title", { n: total }));
  const nobody = detail && !all.length;
  fill(byId("line-queue-foot"), `${nobody}${detail?.next}`, () => {
    if (nobody) return h("p", { class: "empty" }, t("list.empty.queue"));
    return detail?.next ? h("button", { type: "button", class: "quiet more", onclick: () => loadMoreOfQueue(id) }, t("list.more")) : [];
  });
  const late = heldLate(id);
  byId("line-held").hidden = !late.length;
  showKept(byId("line-held-rows"), late.map((it) => ({ it, key: it.id, sign: JSON.stringify([it, state.live]) })), ({ it }) => item(it, {}));
}
