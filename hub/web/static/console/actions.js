// What the operator does, from buttons and keys alike.

import { get, post, put } from "./api.js";
import { changed, keepConversations, keepMessages, selected, state, thread } from "./state.js";
import { complain } from "./toasts.js";

const PAGE = 60;
const address = (conversation) => `/conversations/${encodeURIComponent(conversation)}`;

export const may = (action, it = selected()) => Boolean(it && state.live && it.actions.includes(action));

/** Do something to a conversation; returns whether it was done. */
export async function act(conversation, action, body) {
  if (!state.live) return false;
  try {
    await post(`${address(conversation)}/${action}`, body);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

export async function take(it) {
  if (await act(it.id, "take")) open(it.id);
}

export const skip = (it) => act(it.id, "skip");
export const resend = (delivery) => act(delivery.conversation, "resend", { delivery: delivery.id });

export async function setPresence(presence) {
  try {
    await put("/presence", { presence });
  } catch (error) {
    complain(error);
  }
}

/** Show a conversation. */
export function open(conversation) {
  location.hash = `#/c/${encodeURIComponent(conversation)}`;
}

export const leaveConversation = () => {
  location.hash = "#/";
};

export async function loadList(view, more = false) {
  const list = (state.lists[view] ??= { loaded: false, next: "" });
  const cursor = more ? `&cursor=${encodeURIComponent(list.next)}` : "";
  const line = state.line ? `&line=${encodeURIComponent(state.line)}` : "";
  try {
    const page = await get(`/conversations?view=${view}${line}${cursor}`);
    keepConversations(page.conversations);
    Object.assign(list, { loaded: true, next: page.next });
  } catch (error) {
    complain(error);
  }
  document.dispatchEvent(new CustomEvent("listchanged"));
  changed();
}

export async function loadThread(conversation) {
  try {
    const detail = await get(`${address(conversation)}?limit=${PAGE}`);
    keepConversations([detail.conversation]);
    const kept = thread(conversation);
    kept.items.clear();
    keepMessages(conversation, detail.messages);
    Object.assign(kept, { loaded: true, more: detail.more });
    await loadCard(detail.conversation.client);
  } catch (error) {
    complain(error);
    if (error.status === 404) leaveConversation();
  }
  document.dispatchEvent(new CustomEvent("listchanged"));
  changed();
}

export async function loadOlder(conversation) {
  const kept = thread(conversation);
  if (kept.loading || !kept.more) return;
  kept.loading = true;
  try {
    const first = Math.min(...kept.items.keys());
    const page = await get(`${address(conversation)}/messages?before=${first}&limit=${PAGE}`);
    keepMessages(conversation, page.messages);
    kept.more = page.more;
  } catch (error) {
    complain(error);
  }
  kept.loading = false;
  changed();
}

async function loadCard(client) {
  const card = await get(`/clients/${encodeURIComponent(client)}`);
  state.cards.set(client, card);
  keepConversations(card.conversations);
}

export async function loadStaff() {
  const [operators, lines] = await Promise.all([get("/operators"), get("/lines")]);
  state.operators = new Map(operators.operators.map((it) => [it.id, it]));
  state.lines = lines.lines;
  state.priorities = lines.priorities;
  state.me = state.operators.get(state.me.id) ?? state.me;
  changed();
}

let seenSaid = "";

/** Say that the conversation was read, once for each of its lengths, when somebody really looks at it. */
export function sayRead() {
  const it = selected();
  if (!it?.unread || it.operator !== state.me.id || document.hidden || !document.hasFocus()) return;
  if (!thread(it.id).loaded || state.pane === "list" && matchMedia("(max-width: 640px)").matches) return;
  const said = `${it.id}:${it.client_n}`;
  if (said === seenSaid) return;
  seenSaid = said;
  post(`${address(it.id)}/seen`, { n: it.n }).catch(() => {
    seenSaid = "";
  });
}
