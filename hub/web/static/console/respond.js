// Answering one message in particular, and reacting to it.

import { act, may } from "./actions.js";
import { h, icon } from "./dom.js";
import { changed, state } from "./state.js";
import { t } from "./texts.js";

const EMOJI = ["👍", "❤", "🔥", "👏", "🙏", "😢"];

const said = (message) => message.kind === "text" && !message.deleted_at;
const mayReact = (message) => said(message) && may("react", state.conversations.get(message.conversation));
const mayAnswer = (message) => said(message) && may("answer", state.conversations.get(message.conversation));

const tool = (name, symbol, run, pressed) =>
  h("button", { type: "button", class: "quiet", disabled: !state.live, title: t(name), "aria-label": t(name), "aria-expanded": pressed, onclick: run }, icon(symbol));

function answer(message) {
  state.answering = message;
  changed();
  document.getElementById("composer-text").focus();
}

function toggle(message) {
  state.reacting = state.reacting === message.id ? "" : message.id;
  changed();
}

async function react(message, emoji) {
  state.reacting = "";
  changed();
  const mine = message.reactions[state.me.id];
  await act(message.conversation, `messages/${encodeURIComponent(message.id)}/reaction`, { emoji: emoji === mine ? "" : emoji });
}

/** The buttons beside a message that answer it or react to it. */
export const responses = (message) => [
  mayAnswer(message) && tool("respond.answer", "return", () => answer(message)),
  mayReact(message) && tool("respond.react", "smile", () => toggle(message), String(state.reacting === message.id)),
];

/** The emoji to choose from, below the message they are for. */
export function picker(message) {
  if (state.reacting !== message.id || !mayReact(message)) return null;
  const mine = message.reactions[state.me.id];
  return h("span", { class: "emoji", role: "group", "aria-label": t("respond.react") }, EMOJI.map((emoji) =>
    h("button", { type: "button", class: "quiet", "aria-pressed": String(emoji === mine), onclick: () => react(message, emoji) }, emoji)));
}

/** What is being answered, above where the answer is written. */
export function drawAnswering() {
  const words = state.answering.text || state.answering.attachments.map((it) => it.name).join(", ");
  return h(
    "li",
    { class: "chip answering" },
    icon("return"),
    h("bdi", { class: "file-name" }, words.slice(0, 120)),
    h("button", { type: "button", class: "quiet small", "aria-label": t("respond.not"), onclick: () => answerNothing() }, icon("x")),
  );
}

/** What is answered in a conversation; null for nothing in particular. */
export const answeredIn = (conversation) => (state.answering?.conversation === conversation ? state.answering : null);

export function answerNothing() {
  state.answering = null;
  changed();
}
