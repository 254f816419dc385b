// Starts the console: reads what there is, follows what happens, draws it.

import { loadList, loadStaff, loadThread, sayRead } from "./actions.js";
import { get } from "./api.js";
import { drawBar, startBar } from "./bar.js";
import { drawCard, tickClocks } from "./card.js";
import { drawComposer, startComposer } from "./composer.js";
import { Feed } from "./feed.js";
import { byId } from "./dom.js";
import { listenForKeys } from "./keys.js";
import { drawLines } from "./lines.js";
import { drawList, tick, VIEWS } from "./list.js";
import { leads, loadLines, lookedAgain, shown, touched } from "./live.js";
import { drawTitle, notifyOf } from "./notify.js";
import { applyEvents, changed, onChange, state } from "./state.js";
import { t } from "./texts.js";
import { drawThread, watchScrolling } from "./thread.js";
import { complain, toast } from "./toasts.js";

let feed;

function draw() {
  document.body.dataset.pane = state.selected ? state.pane : "list";
  document.body.classList.toggle("stale", !state.live);
  drawBar();
  drawLines();
  drawList();
  drawThread();
  drawComposer();
  drawCard();
  drawTitle();
  sayRead();
}

function route() {
  const [, conversation = ""] = /^#\/c\/(.+)$/.exec(location.hash) ?? [];
  const [lines, line = ""] = /^#\/lines(?:\/(.+))?$/.exec(location.hash) ?? [];
  state.place = lines !== undefined && leads() ? "lines" : "conversations";
  state.watched = decodeURIComponent(line);
  state.selected = decodeURIComponent(conversation);
  if (shown()) loadLines();
  state.pane = state.selected ? "thread" : "list";
  if (state.selected && !state.threads.get(state.selected)?.loaded) loadThread(state.selected);
  changed();
}

function live() {
  state.live = true;
  state.everLive = true;
  changed();
}

function stale() {
  state.live = false;
  changed();
}

/** Too much was missed to replay it: read everything that is shown afresh. */
async function startOver() {
  state.conversations.clear();
  state.threads.clear();
  await Promise.all([loadStaff(), loadShown(), shown() && loadLines()]);
  if (state.selected) await loadThread(state.selected);
}

function loadShown() {
  return Promise.all(VIEWS.filter((view) => view !== "closed" || state.view === "closed").map((view) => loadList(view)));
}

const watch = () => feed?.watch([...state.conversations.keys()]);

const handlers = {
  events(items) {
    applyEvents(items);
    notifyOf(items);
    touched(items);
    if (items.some((it) => it.type === "conversation" || it.type === "gone")) watch();
  },
  live,
  stale,
  reset: () => startOver().catch(complain),
  signedOut: () => location.reload(),
};

function listen() {
  window.addEventListener("hashchange", route);
  for (const name of ["focus", "visibilitychange"]) window.addEventListener(name, () => sayRead());
  document.addEventListener("visibilitychange", lookedAgain);
  document.addEventListener("listchanged", watch);
  document.addEventListener("signedout", () => location.reload());
  document.addEventListener("ruleschanged", () => refreshRules().catch(complain));
  document.addEventListener("lostsight", () => {
    toast(t("thread.gone"), "info");
    location.hash = "#/";
  });
  setInterval(() => {
    tick();
    tickClocks();
  }, 1000);
}

async function refreshRules() {
  const [{ canned }] = await Promise.all([get("/canned"), loadStaff()]);
  state.canned = canned;
}

async function start() {
  const me = await get("/me");
  state.me = me.operator;
  state.problems = me.settings_problems;
  state.inviting = me.inviting;
  await Promise.all([refreshRules(), loadShown()]);
  onChange(draw);
  startBar();
  startComposer();
  watchScrolling();
  listenForKeys();
  listen();
  route();
  byId("app").hidden = false;
  byId("loading").hidden = true;
  feed = new Feed(me.cursor, handlers);
  watch();
}

start().catch((error) => {
  byId("loading").textContent = error.message || t("error.network");
});
