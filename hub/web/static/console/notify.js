// Calls the operator back to the page: desktop notifications and a number in the title.

import { open } from "./actions.js";
import { leads, shown } from "./live.js";
import { changed, nameOf, needsMe, offeredToMe, state } from "./state.js";
import { t } from "./texts.js";
import { toast } from "./toasts.js";

const title = document.title;
const MOST_ALERTS = 2;

export const notificationsState = () => ("Notification" in window ? Notification.permission : "denied");

export async function askPermission() {
  await Notification.requestPermission();
  changed();
}

function notify(conversation, head, body) {
  if (notificationsState() !== "granted" || (document.hasFocus() && !document.hidden)) return;
  try {
    const shown = new Notification(head, { body, tag: conversation, icon: "/static/icon.svg" });
    shown.addEventListener("click", () => {
      window.focus();
      open(conversation);
      shown.close();
    });
  } catch {
    // Some phones only let service workers notify; the number in the title remains.
  }
}

const isNews = (message) => message.author.kind === "client" && !message.edited_at && !message.deleted_at;

const offersTold = new Set();

/** Whether an alert is for this operator, and not on show already. */
function concerns(about) {
  if (!about || about.id === state.selected) return false;
  if (about.operator === state.me.id) return true;
  return leads() && !(shown() && state.watched === about.line);
}

/** Tell whoever holds a conversation, and those who lead, that it needs somebody; many at once in one sentence. */
function alarm(alerts) {
  const told = alerts.map((it) => ({ ...it, about: state.conversations.get(it.conversation) })).filter((it) => concerns(it.about));
  for (const { alert, about } of told) notify(about.id, nameOf(about), alert.text);
  if (told.length > MOST_ALERTS && leads()) {
    return toast(t("alert.many", { n: told.length }), "warn", { label: t("place.lines"), run: () => location.assign("#/lines") });
  }
  for (const { alert, about } of told) {
    const kind = alert.what === "sla_breached" ? "error" : "warn";
    toast(t("alert", { name: nameOf(about), text: alert.text }), kind, { label: t("alert.open"), run: () => open(about.id) });
  }
}

/** Tell of new offers, and of what the operator's own clients write. */
export function notifyOf(items) {
  alarm(items.filter((it) => it.type === "alert"));
  for (const { type, message, state: it } of items) {
    const about = type === "message" ? state.conversations.get(message.conversation) : it;
    if (!about) continue;
    const name = nameOf(about);
    if (type === "message" && isNews(message) && about.operator === state.me.id) {
      notify(about.id, name, message.text || t("notify.file"));
    } else if (type === "conversation" && offeredToMe(about) && !offersTold.has(about.id)) {
      offersTold.add(about.id);
      notify(about.id, t("notify.offer", { name }), about.preview);
    } else if (type === "conversation" && !offeredToMe(about)) {
      offersTold.delete(about.id);
    }
  }
}

export function drawTitle() {
  const waiting = [...state.conversations.values()].filter(needsMe).length;
  document.title = waiting ? `(${waiting}) ${title}` : title;
}
