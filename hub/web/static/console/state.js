// What the console knows. Parts draw themselves again when it changes.

import { t } from "./texts.js";

export const state = {
  me: null,
  operators: new Map(),
  lines: [],
  /** classes of conversations */
  priorities: [],
  canned: {},
  /** channels that clients of others can be invited to */
  inviting: [],
  problems: [],
  /** id → conversation as the hub last told it */
  conversations: new Map(),
  /** conversation → { items: Map of number → message, more, loaded } */
  threads: new Map(),
  /** client id → card */
  cards: new Map(),
  /** conversation → { name, text, until } */
  typing: new Map(),
  /** conversation → replies on their way */
  pending: new Map(),
  view: "mine",
  line: "",
  /** view → { loaded, next } */
  lists: {},
  selected: "",
  /** the message whose text is being edited */
  editing: "",
  /** the message that is being answered */
  answering: null,
  /** id of the message for which an emoji is being chosen */
  reacting: "",
  pane: "list",
  /** supervisors: whether the lines are shown, and which of them with its queue */
  place: "conversations",
  watched: "",
  live: false,
  /** false until the first connection has been made, so that nothing is called lost before it was there */
  everLive: false,
};

const listeners = [];
let planned = false;

export const onChange = (listener) => listeners.push(listener);

/** Draw everything that depends on the state, once, before the next frame. */
export function changed() {
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    for (const listener of listeners) listener();
  });
}

/** What to call the client; those who gave no name are told apart by the end of their id. */
export const nameOf = (it) => it.client_name || t("client.unnamed", { id: it.client.slice(-4) });

export const selected = () => state.conversations.get(state.selected);

const takesPart = (it) =>
  it.operator === state.me.id || it.offered.includes(state.me.id) || state.me.id in it.joined;

const SHOWN = {
  mine: (it) => it.state !== "closed" && takesPart(it),
  queue: (it) => it.state === "queued" || it.state === "offered",
  all: (it) => it.state !== "closed",
  closed: (it) => it.state === "closed",
};

export const isMine = SHOWN.mine;
export const offeredToMe = (it) => it.state === "offered" && it.offered.includes(state.me.id);
export const needsMe = (it) => offeredToMe(it) || (isMine(it) && it.unread && it.operator === state.me.id);

const newestFirst = (a, b) => (a.active_at < b.active_at ? 1 : -1);
/** The queue's own order: who has waited longest, with head starts and what supervisors wished. */
const inQueueOrder = (a, b) => new Date(a.place) - new Date(b.place) || (`${a.place} ${a.id}` < `${b.place} ${b.id}` ? -1 : 1);

/** The conversations of a list, in its order; offers to me come first. */
export function listed(view) {
  const order = view === "queue" ? inQueueOrder : newestFirst;
  const shown = [...state.conversations.values()].filter(
    (it) => SHOWN[view](it) && (!state.line || it.line === state.line),
  );
  return shown.sort((a, b) => offeredToMe(b) - offeredToMe(a) || order(a, b));
}

const waits = (it, line) => it.line === line && (it.state === "queued" || it.state === "offered");

/** What waits for a person on a line, as far as it is known, in the order in which it is offered. */
export const queueOf = (line) => [...state.conversations.values()].filter((it) => waits(it, line)).sort(inQueueOrder);

export function thread(conversation) {
  if (!state.threads.has(conversation)) {
    state.threads.set(conversation, { items: new Map(), more: false, loaded: false });
  }
  return state.threads.get(conversation);
}

export const keepConversations = (views) => views.forEach((it) => state.conversations.set(it.id, it));

export function keepMessages(conversation, messages) {
  const { items } = thread(conversation);
  for (const message of messages) items.set(message.n, message);
}

/** The messages of a thread, oldest first. */
export const messagesOf = (conversation) => [...thread(conversation).items.values()].sort((a, b) => a.n - b.n);

/** Whether a message that was changed is among the older ones that are not read yet. */
const isAbove = (kept, message) => kept.more && message.n < Math.min(...kept.items.keys());

const TYPING_LASTS = 6000;

const apply = {
  message({ message }) {
    // A thread that was never opened is read when it is; only its list entry matters until then.
    const kept = state.threads.get(message.conversation);
    if (kept?.loaded && !isAbove(kept, message)) keepMessages(message.conversation, [message]);
    if (message.author.kind === "client") state.typing.delete(message.conversation);
    if (message.author.id === state.me.id) settlePending(message);
  },
  conversation({ state: it }) {
    keepConversations([it]);
    const card = state.cards.get(it.client);
    if (card) {
      const others = card.conversations.filter((other) => other.id !== it.id);
      card.conversations = [it, ...others].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
    }
  },
  delivery({ delivery }) {
    for (const message of state.threads.get(delivery.conversation)?.items.values() ?? []) {
      if (message.id !== delivery.message) continue;
      const known = message.deliveries.some((it) => it.id === delivery.id);
      const replaced = message.deliveries.map((it) => (it.id === delivery.id ? delivery : it));
      message.deliveries = known ? replaced : [...replaced, delivery];
    }
  },
  operator({ operator }) {
    state.operators.set(operator.id, operator);
    if (operator.id === state.me.id) state.me = operator;
  },
  client({ client }) {
    const card = state.cards.get(client.id);
    if (card) card.client = client;
    for (const it of state.conversations.values()) {
      if (it.client === client.id) it.photo = client.photo;
    }
  },
  rules({ problems }) {
    state.problems = problems ?? [];
    document.dispatchEvent(new CustomEvent("ruleschanged"));
  },
  typing({ conversation, name, text }) {
    state.typing.set(conversation, { name, text, until: Date.now() + TYPING_LASTS });
    setTimeout(changed, TYPING_LASTS + 50);
  },
  gone({ conversation }) {
    state.conversations.delete(conversation);
    state.threads.delete(conversation);
    if (state.selected === conversation) document.dispatchEvent(new CustomEvent("lostsight"));
  },
};

function settlePending(message) {
  const waiting = state.pending.get(message.conversation) ?? [];
  const index = waiting.findIndex((it) => it.text === message.text && it.kind === message.kind);
  if (index >= 0) waiting.splice(index, 1);
}

/** Take in what the feed tells; anything told twice changes nothing. */
export function applyEvents(items) {
  for (const item of items) apply[item.type]?.(item);
  changed();
}
