// Where the operator writes: a reply to the client, a note, or a whisper.

import { may } from "./actions.js";
import { newKey, post } from "./api.js";
import { Canned } from "./canned.js";
import { byId, fill, h, show } from "./dom.js";
import { answeredIn, answerNothing, drawAnswering } from "./respond.js";
import { commandOf } from "./slash.js";
import { changed, selected, state } from "./state.js";
import { t } from "./texts.js";
import { complain } from "./toasts.js";
import { acceptFiles, attach, drawFile, dropAll, filesOf, keptIds, putBack, ready } from "./uploads.js";

const KINDS = ["reply", "note", "whisper"];
const SAY_TYPING_EVERY = 3000;
const KEPT_AFTER_ANSWER = 5000;

let kind = "reply";
let drafted = "";
let typedAt = 0;
let canned;

const draftKey = (conversation) => `draft:${state.me.id}:${conversation}`;
const text = () => byId("composer-text");

/** Why nothing can be written now, in a sentence; empty when it can. */
function obstacle(it) {
  if (!state.live) return t(state.everLive ? "composer.stale" : "composer.connecting");
  if (may(kind, it)) return "";
  if (it.state === "closed") return t("composer.closed");
  if (kind === "whisper") return t("composer.no_whisper");
  if (kind === "note") return t("composer.no_note");
  if (it.state === "queued" || it.state === "offered") return t("composer.nobody");
  if (it.floor === "bot") return t("composer.bot");
  return t("composer.floor", { name: it.floor_name || it.operator_name });
}

export function chooseKind(chosen) {
  kind = chosen;
  changed();
  requestAnimationFrame(() => text().focus());
}

/** A text to start from, as when `/` is pressed outside the composer. */
export function startCanned() {
  text().focus();
  text().setRangeText("/", text().selectionStart, text().selectionEnd, "end");
  canned.look();
}

/** Put a text below what is written, for the operator to look at and send. */
export function writeInto(words) {
  state.pane = "thread";
  chooseKind("reply");
  text().value = [text().value.trimEnd(), words].filter(Boolean).join("\n");
  text().dispatchEvent(new Event("input"));
}

function tab(name) {
  const chosen = name === kind;
  return h(
    "button",
    { type: "button", "aria-pressed": String(chosen), class: chosen ? "chosen" : "", onclick: () => chooseKind(name) },
    t(`composer.${name}`),
  );
}

export function drawComposer() {
  const it = selected();
  if (!it) return;
  switchDraft(it.id);
  const why = obstacle(it);
  const composer = byId("composer");
  composer.dataset.kind = kind;
  composer.classList.toggle("blocked", Boolean(why));
  fill(byId("composer-tabs"), kind, () => KINDS.map(tab));
  fill(byId("composer-why"), why, () => why);
  byId("composer-why").hidden = !why;
  text().disabled = Boolean(why);
  text().placeholder = why ? "" : t(`composer.${kind}.hint`);
  text().setAttribute("aria-label", t(`composer.${kind}`));
  byId("attach").disabled = Boolean(why);
  const chips = filesOf(it.id).map((file, index) => ({
    key: `${index}-${file.file.name}`,
    sign: `${file.progress}${Boolean(file.kept)}`,
    draw: () => drawFile(it.id, file),
  }));
  const answered = kind === "reply" && answeredIn(it.id);
  if (answered) chips.unshift({ key: "answering", sign: answered.id, draw: drawAnswering });
  show(byId("chips"), chips, (chip) => chip.draw());
  byId("send-label").textContent = t(`composer.${kind}.send`);
  byId("send").disabled = Boolean(why) || !ready(it.id) || (!text().value.trim() && !filesOf(it.id).length);
}

function switchDraft(conversation) {
  if (drafted === conversation) return;
  drafted = conversation;
  kind = "reply";
  text().value = sessionStorage.getItem(draftKey(conversation)) ?? "";
  grow();
}

function keepDraft() {
  if (text().value) sessionStorage.setItem(draftKey(drafted), text().value);
  else sessionStorage.removeItem(draftKey(drafted));
}

function grow() {
  text().style.height = "auto";
  text().style.height = `${Math.min(text().scrollHeight, innerHeight * 0.35)}px`;
}

function typed() {
  keepDraft();
  grow();
  const now = Date.now();
  if (kind === "reply" && text().value && !text().value.startsWith("/") && now - typedAt > SAY_TYPING_EVERY && may("reply")) {
    typedAt = now;
    // Nobody misses it when it is lost.
    post(`/conversations/${encodeURIComponent(drafted)}/typing`).catch(() => {});
  }
  changed();
}

/** Carry out what is a command and no text for anybody; returns whether it was one. */
function obeys(it) {
  const command = commandOf(text().value, state.canned);
  if (!command) return false;
  text().value = "";
  typed();
  command(it);
  return true;
}

async function send() {
  const it = selected();
  if (byId("send").disabled || obstacle(it) || obeys(it)) return;
  const sent = { key: newKey(), text: text().value.trim(), kind: kind === "reply" ? "text" : kind };
  const files = filesOf(it.id);
  const answered = answeredIn(it.id);
  const body = { text: sent.text, attachments: keptIds(it.id), ...(kind === "reply" ? { reply_to: answered?.id ?? "" } : { kind }) };
  if (kind === "reply" && answered) answerNothing();
  const pending = state.pending.get(it.id) ?? [];
  state.pending.set(it.id, [...pending, sent]);
  text().value = "";
  dropAll(it.id);
  typed();
  try {
    await post(`/conversations/${encodeURIComponent(it.id)}/${kind === "reply" ? "replies" : "notes"}`, body, sent.key);
    setTimeout(() => settle(it.id, sent), KEPT_AFTER_ANSWER);
  } catch (error) {
    settle(it.id, sent);
    restore(it.id, sent.text, files);
    complain(error);
  }
}

function settle(conversation, sent) {
  state.pending.set(conversation, (state.pending.get(conversation) ?? []).filter((it) => it !== sent));
  changed();
}

/** What could not be sent goes back to where it was written, before anything written since. */
function restore(conversation, written, files) {
  putBack(conversation, [...files, ...filesOf(conversation)]);
  const since = sessionStorage.getItem(draftKey(conversation)) ?? "";
  sessionStorage.setItem(draftKey(conversation), [written, since].filter(Boolean).join("\n"));
  if (drafted === conversation) drafted = "";
  changed();
}

function pressed(event) {
  if (canned.key(event) || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape") {
    text().blur();
  }
}

export function startComposer() {
  canned = new Canned(text(), typed, () => obeys(selected()));
  text().addEventListener("input", typed);
  text().addEventListener("keydown", pressed);
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("attach").addEventListener("click", () => byId("file-input").click());
  byId("file-input").addEventListener("change", (event) => {
    attach(state.selected, event.target.files);
    event.target.value = "";
  });
  acceptFiles(byId("thread"), text(), () => !byId("attach").disabled);
}
