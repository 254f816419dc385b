// Keyboard shortcuts, silent while somebody writes.

import { may } from "./actions.js";
import { back } from "./card.js";
import { chooseKind, startCanned } from "./composer.js";
import { showKeys } from "./dialogs.js";
import { chooseView, step } from "./list.js";
import { leads, shown } from "./live.js";
import { askSnooze } from "./snooze.js";
import { selected, state } from "./state.js";
import { runAction } from "./thread.js";
import { byId } from "./dom.js";

const VIEW_KEYS = { m: "mine", q: "queue", a: "all", c: "closed" };
const WAIT_FOR_SECOND = 1500;

const inThread = (run) => () => selected() && run();

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  t: inThread(() => runAction("take")),
  s: inThread(() => runAction("skip")),
  x: inThread(() => runAction("transfer")),
  e: inThread(() => runAction("close")),
  z: inThread(() => may("snooze") && askSnooze(selected())),
  r: inThread(() => chooseKind("reply")),
  n: inThread(() => chooseKind("note")),
  w: inThread(() => chooseKind("whisper")),
  "/": inThread(startCanned),
  i: inThread(() => byId("thread-head").querySelector(".to-card")?.click()),
  "?": showKeys,
  Escape: () => (shown() ? location.assign("#/lines") : state.selected && back()),
};

let goUntil = 0;

const writing = (target) => target.closest?.("input, textarea, select, dialog, [contenteditable]");

/** Keys are named by place where the layout has no Latin letters, so that they work in Russian too. */
function nameOf(event) {
  if (/^[a-z/?]$/i.test(event.key) || event.key.length > 1) return event.key.length > 1 ? event.key : event.key.toLowerCase();
  if (event.code.startsWith("Key")) return event.code.slice(3).toLowerCase();
  if (event.code === "Slash") return event.shiftKey ? "?" : "/";
  return event.key;
}

function goTo(view) {
  if (shown()) location.assign("#/");
  chooseView(view);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target)) return;
  const key = nameOf(event);
  const going = Date.now() < goUntil;
  goUntil = 0;
  if (going && key === "l" && leads()) location.assign("#/lines");
  else if (going && VIEW_KEYS[key]) goTo(VIEW_KEYS[key]);
  else if (key === "g") goUntil = Date.now() + WAIT_FOR_SECOND;
  else if (KEYS[key]) KEYS[key]();
  else return;
  event.preventDefault();
}

export const listenForKeys = () => document.addEventListener("keydown", pressed);
