// The conversation in the middle: head with actions, messages, and who is typing.

import { act, leaveConversation, loadOlder, may, skip, take } from "./actions.js";
import { gathered } from "./albums.js";
import { isBeingEdited } from "./amend.js";
import { askTransfer, confirmClose } from "./dialogs.js";
import { byId, fill, h, icon, show } from "./dom.js";
import { isTyping } from "./list.js";
import { drawDay, drawMessage, drawPending } from "./message.js";
import { pledges } from "./pledges.js";
import { changed, messagesOf, nameOf, selected, state, thread } from "./state.js";
import { dayOf, known, t } from "./texts.js";

const NEAR_END = 120;
const GROUPED_WITHIN = 5 * 60_000;

export function drawThread() {
  const it = selected();
  document.body.classList.toggle("nothing-open", !it);
  byId("thread").hidden = !it;
  byId("no-thread").hidden = Boolean(it);
  if (!it) return;
  fill(byId("thread-head"), [JSON.stringify(it), state.live].join(), () => head(it));
  fill(byId("pledges"), [JSON.stringify([it.id, it.state, it.sla, it.promise, it.priority, it.call_back, it.actions]), state.live].join(), () => pledges(it));
  drawMessages(it);
  fill(byId("typing"), [isTyping(it.id), state.typing.get(it.id)?.text].join(), () => typing(it));
}

function head(it) {
  return [
    h("button", { type: "button", class: "quiet back", "aria-label": t("nav.back"), onclick: leaveConversation }, icon("back")),
    h(
      "div",
      { class: "who" },
      h("h1", {}, h("bdi", {}, nameOf(it))),
      h("p", { class: "where" }, [it.line_name, known(`kind.${it.kind}`, it.kind), standing(it), it.unreachable && t(`unreachable.${it.unreachable}`)].filter(Boolean).join(" · ")),
    ),
    h("div", { class: "actions" }, buttons(it)),
    h("button", { type: "button", class: "quiet to-card", "aria-label": t("nav.card"), title: t("nav.card"), onclick: showCard }, icon("card")),
  ];
}

function showCard() {
  if (matchMedia("(max-width: 1100px)").matches) {
    state.pane = state.pane === "card" ? "thread" : "card";
  } else {
    document.body.classList.toggle("no-card");
  }
  changed();
}

function standing(it) {
  if (it.state === "closed") return t("state.closed");
  if (it.floor === "bot" && it.state === "triage") return t("state.triage.long");
  if (it.state === "queued" || it.state === "offered") return t(`state.${it.state}`);
  return it.operator === state.me.id ? t("state.yours") : t("state.theirs", { name: it.operator_name });
}

const ACTIONS = [
  { name: "take", icon: "hand", primary: true, run: take },
  { name: "skip", icon: "return", run: skip },
  { name: "join_open", icon: "join", run: (it) => act(it.id, "join", { mode: "open" }) },
  { name: "join_hidden", icon: "eye", run: (it) => act(it.id, "join", { mode: "hidden" }) },
  { name: "leave", icon: "leave", run: (it) => act(it.id, "leave") },
  { name: "transfer", icon: "transfer", run: askTransfer },
  { name: "reopen", icon: "return", primary: true, run: (it) => act(it.id, "reopen") },
  { name: "close", icon: "check", run: confirmClose },
];

function buttons(it) {
  return ACTIONS.filter((action) => it.actions.includes(action.name)).map((action) =>
    h(
      "button",
      {
        type: "button",
        class: action.primary ? "primary" : "",
        disabled: !may(action.name, it),
        title: t(`action.${action.name}.title`),
        onclick: () => action.run(it),
      },
      icon(action.icon),
      h("span", {}, t(`action.${action.name}`)),
    ),
  );
}

/** Run an action by its name when it is allowed now, for the keyboard. */
export function runAction(name) {
  const action = ACTIONS.find((it) => it.name === name);
  if (may(name)) action.run(selected());
}

const groups = (before, message) =>
  before !== undefined &&
  before.author.kind === message.author.kind &&
  before.author.id === message.author.id &&
  !["note", "whisper", "event"].includes(before.kind) &&
  new Date(message.at) - new Date(before.at) < GROUPED_WITHIN;

function rows(it) {
  const drawn = [];
  let before;
  for (const message of gathered(messagesOf(it.id))) {
    if (!before || dayOf(before.at) !== dayOf(message.at)) {
      drawn.push({ key: `day-${message.n}`, sign: dayOf(message.at), draw: () => drawDay(message.at) });
      before = undefined;
    }
    const first = !groups(before, message);
    // An edit that is being written must not be drawn anew, whatever happens to the message meanwhile.
    const sign = isBeingEdited(message) ? "editing" : `${JSON.stringify(message)}${first}${state.live}${state.reacting === message.id}${may("answer", it)}${may("react", it)}`;
    drawn.push({ key: message.parts?.[0] ?? message.id, sign, draw: () => drawMessage(message, first) });
    before = message;
  }
  for (const waiting of state.pending.get(it.id) ?? []) {
    drawn.push({ key: waiting.key, sign: "pending", draw: () => drawPending(waiting) });
  }
  return drawn;
}

let shownConversation = "";

function drawMessages(it) {
  const scroller = byId("scroller");
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
  const fromEnd = scroller.scrollHeight - scroller.scrollTop;
  const switched = shownConversation !== it.id;
  const first = byId("messages").firstElementChild?.nextElementSibling?.dataset.key;
  byId("messages").setAttribute("aria-busy", String(!thread(it.id).loaded));
  show(byId("messages"), rows(it), (row) => row.draw());
  byId("older").hidden = !thread(it.id).more;
  const grewAbove = !switched && first !== byId("messages").firstElementChild?.nextElementSibling?.dataset.key;
  if (switched || atEnd) scroller.scrollTop = scroller.scrollHeight;
  else if (grewAbove) scroller.scrollTop = scroller.scrollHeight - fromEnd;
  shownConversation = thread(it.id).loaded ? it.id : "";
}

function typing(it) {
  if (!isTyping(it.id)) return [];
  const { name, text } = state.typing.get(it.id);
  const who = name || nameOf(it);
  return [h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { dir: "auto" }, t("thread.typing", { name: who }), text && `: ${text}`)];
}

export function watchScrolling() {
  const scroller = byId("scroller");
  scroller.addEventListener("scroll", () => scroller.scrollTop < 80 && selected() && loadOlder(state.selected), { passive: true });
  byId("older").addEventListener("click", () => loadOlder(state.selected));
  new ResizeObserver(() => {
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END * 2) scroller.scrollTop = scroller.scrollHeight;
  }).observe(scroller);
  byId("messages").addEventListener("load", () => {
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 420) scroller.scrollTop = scroller.scrollHeight;
  }, true);
}
