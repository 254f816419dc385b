// What supervisors watch: read when the view opens, and again when the feed tells of something that changes it.

import { get, post } from "./api.js";
import { changed, keepConversations, state } from "./state.js";
import { complain } from "./toasts.js";

/** At most so often, however much happens. */
const PAUSE = 1500;
const TOUCHES = new Set(["conversation", "alert", "operator", "line", "rules"]);

export const live = {
  /** in the order of the settings; null until they have been read */
  lines: null,
  /** line → { operators, next, last }: `last` is the place up to which its queue has been read */
  details: new Map(),
};

let timer = 0;
let readAt = 0;
let reading = false;
let again = false;

export const leads = () => state.me.role !== "operator";
export const shown = () => state.place === "lines";

const address = (line) => `/lines/${encodeURIComponent(line)}`;

function keep(line, detail) {
  keepConversations([...detail.queue, ...detail.late]);
  const last = detail.next ? detail.queue.at(-1).place : "";
  live.details.set(line, { operators: detail.operators, next: detail.next, last });
  live.lines = live.lines?.map((it) => (it.line.id === line ? detail.line : it)) ?? null;
  document.dispatchEvent(new CustomEvent("listchanged"));
}

/** Read how all lines stand, and the one whose queue is shown. */
export async function loadLines() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  const watched = state.watched;
  try {
    const [all, detail] = await Promise.all([get("/lines/live"), watched && get(`${address(watched)}/live`)]);
    live.lines = all.lines;
    if (detail) keep(watched, detail);
  } catch (error) {
    if (error.status === 404) location.hash = "#/lines";
    else complain(error);
  }
  reading = false;
  readAt = Date.now();
  changed();
  if (again || watched !== state.watched) {
    again = false;
    plan();
  }
}

export async function loadMoreOfQueue(line) {
  const known = live.details.get(line);
  try {
    keep(line, await get(`${address(line)}/live?cursor=${encodeURIComponent(known.next)}`));
  } catch (error) {
    complain(error);
  }
  changed();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(() => shown() && !document.hidden && loadLines(), Math.max(100, readAt + PAUSE - Date.now()));
}

/** Read again soon when something has happened that may have changed what is shown. */
export function touched(items) {
  if (shown() && items.some((it) => TOUCHES.has(it.type))) plan();
}

/** What was missed while nobody looked. */
export const lookedAgain = () => shown() && !document.hidden && plan();

/** Pause a line or let it go on; returns whether it was done. */
export async function setPaused(line, paused) {
  try {
    await post(`${address(line)}/${paused ? "pause" : "resume"}`);
    await loadLines();
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
