// One message: who said it, what, and how far it has got.

import { resend } from "./actions.js";
import { editor, former, gone, isBeingEdited, tools } from "./amend.js";
import { h, icon } from "./dom.js";
import { styled } from "./styled.js";
import { picker } from "./respond.js";
import { messagesOf, nameOf, state } from "./state.js";
import { dayOf, fullTime, sizeOf, t, timeOf } from "./texts.js";

const TICKS = {
  queued: "clock",
  sending: "clock",
  retrying: "clock",
  sent: "tick",
  delivered: "ticks",
  read: "ticks",
  unknown: "question",
  failed: "warning",
};

const TROUBLE = ["failed", "unknown"];

function ticks(delivery) {
  const label = t(`delivery.${delivery.state}`);
  return h("span", { class: `ticks ${delivery.state}`, title: label }, icon(TICKS[delivery.state], label));
}

function trouble(delivery) {
  const said = delivery.reason ? t("delivery.reason", { reason: delivery.reason }) : "";
  const sentence = delivery.action === "send" ? `${delivery.state}.sentence` : `${delivery.action}.${delivery.state}`;
  return h(
    "div",
    { class: `trouble ${delivery.state}` },
    icon(TICKS[delivery.state]),
    h("p", {}, t(`delivery.${sentence}`), said && h("bdi", { class: "reason" }, said)),
    h("button", { type: "button", class: "small", disabled: !state.live, onclick: () => resend(delivery) }, t("action.resend")),
  );
}

/** Why something has not arrived yet, while it is tried again. */
const later = (delivery) =>
  h("p", { class: "later" }, icon("clock"),
    h("span", {}, t("delivery.retrying.sentence"), " ", h("bdi", {}, t("delivery.reason", { reason: delivery.reason }))));

const VIEWED = new Set(["photo", "video"]);
const PLAYED = { voice: "audio", audio: "audio", video: "video", video_note: "video", animation: "video" };

/** What the hub has not got: it is still coming, or it is lost and says why. */
const missing = (file) =>
  h("span", { class: `file missing ${file.state}` }, icon(file.state === "coming" ? "clock" : "warning"),
    h("span", {}, h("bdi", { class: "file-name" }, file.name),
      h("span", { class: "file-size" }, file.state === "coming" ? t("file.coming") : t("file.lost", { reason: file.trouble }))));

const length = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function player(file) {
  const kind = PLAYED[file.kind];
  const label = t(`file.${kind}`, { name: file.name });
  return h(
    "span",
    { class: `player ${file.kind}` },
    h(kind, { src: file.url, controls: true, preload: "metadata", "aria-label": label }),
    file.duration > 0 && h("span", { class: "file-size" }, length(file.duration)),
  );
}

function attachment(file) {
  if (file.state !== "here") return missing(file);
  if (PLAYED[file.kind] && /^(audio|video)\//.test(file.media_type)) return player(file);
  if (file.picture) {
    return h(
      "a",
      { class: "picture", href: file.url, target: "_blank", rel: "noopener", title: t("file.open") },
      h("img", { src: file.url, alt: t("file.picture", { name: file.name }), loading: "lazy" }),
    );
  }
  return h(
    "a",
    { class: "file", href: file.url, download: file.name },
    icon("file"),
    h("span", {}, h("bdi", { class: "file-name" }, file.name), h("span", { class: "file-size" }, sizeOf(file.size))),
  );
}

/** Pictures and videos side by side, everything else below; one alone keeps its own shape. */
function files(every) {
  const seen = every.filter((file) => VIEWED.has(file.kind) || (file.picture && file.kind !== "sticker"));
  if (seen.length < 2) return h("div", { class: "files" }, every.map(attachment));
  const others = every.filter((file) => !seen.includes(file));
  return [
    h("div", { class: "mosaic" }, seen.map(attachment)),
    others.length > 0 && h("div", { class: "files" }, others.map(attachment)),
  ];
}

const own = (message) => message.author.kind === "operator" || message.author.kind === "bot";

function authorOf(message) {
  if (message.author.kind === "bot") return t("author.bot");
  if (message.author.id && message.author.id === state.me.id) return t("author.me");
  if (message.author.name) return message.author.name;
  const conversation = state.conversations.get(message.conversation);
  return message.author.kind === "client" && conversation ? nameOf(conversation) : t(`author.${message.author.kind}`);
}

/** Where a message is drawn, by itself or as a part of an album. */
const placeOf = (id) => document.querySelector(`#messages [data-key="${CSS.escape(id)}"], #messages [data-parts~="${CSS.escape(id)}"]`);

/** The message that is answered, which a click leads to when it is shown. */
function quoted(message) {
  const it = messagesOf(message.conversation).find((each) => each.id === message.reply_to);
  const shown = it ? it.text || it.attachments.map((file) => file.name).join(", ") : t("message.earlier");
  const show = () => placeOf(message.reply_to)?.scrollIntoView({ block: "center" });
  return h("button", { type: "button", class: "quoted", dir: "auto", title: t("message.answers"), onclick: show }, shown);
}

/** Who reacted, and how; a client's and the operators' alike. */
function reactions(message) {
  const every = Object.entries(message.reactions);
  return every.length > 0 &&
    h("span", { class: "reactions" }, every.map(([who, emoji]) =>
      h("span", { title: who === "client" ? t("author.client") : who }, emoji)));
}

function body(message) {
  return [
    message.reply_to && quoted(message),
    message.text && h("p", { class: "said", dir: "auto" }, styled(message.text, message.entities)),
    message.attachments.length > 0 && files(message.attachments),
    message.choices.length > 0 && message.kind !== "rating" &&
      h("ul", { class: "choices", "aria-label": t("message.choices") }, message.choices.map((it) => h("li", {}, it))),
  ];
}

const moment = (message) =>
  h("time", { dateTime: message.at, title: fullTime(message.at) }, timeOf(message.at));

const last = (message, action) => message.deliveries.findLast((it) => it.action === action);

/** What went wrong and still matters: nothing can be changed of what did not arrive, or is deleted. */
function troubles(message) {
  const failed = (message.deleted_at ? ["delete"] : ["send", "edit"])
    .map((action) => last(message, action))
    .filter((it) => it && TROUBLE.includes(it.state));
  const sending = last(message, "send");
  if (!failed.length && sending?.state === "retrying" && sending.reason) return [later(sending)];
  return failed.slice(0, 1).map(trouble);
}

function content(message) {
  if (message.deleted_at) return gone(message, body(message));
  if (isBeingEdited(message)) return editor(message);
  return [body(message), former(message)];
}

function spoken(message, first) {
  const delivery = message.deleted_at ? undefined : last(message, "send");
  const side = own(message) ? "ours" : "theirs";
  return h(
    "li",
    {
      class: ["message", side, message.author.kind, first && "first", message.deleted_at && "gone"].filter(Boolean).join(" "),
      data: message.parts && { parts: message.parts.join(" ") },
    },
    first && h("p", { class: "author" }, message.author.kind === "bot" && icon("bot"), h("bdi", {}, authorOf(message))),
    h(
      "div",
      { class: "bubble" },
      message.kind === "rating" && h("p", { class: "label" }, icon("star"), t("message.rating")),
      content(message),
      reactions(message),
      picker(message),
      h("span", { class: "meta" }, moment(message), delivery && ticks(delivery)),
      !isBeingEdited(message) && tools(message),
    ),
    troubles(message),
  );
}

function staffOnly(message) {
  return h(
    "li",
    { class: `message staff ${message.kind}` },
    h("p", { class: "label" }, icon(message.kind === "note" ? "note" : "whisper"), t(`message.${message.kind}`),
      h("span", { class: "only-staff" }, t("message.only_staff"))),
    body(message),
    h("p", { class: "meta" }, h("bdi", {}, authorOf(message)), moment(message)),
  );
}

const happened = (message) =>
  h("li", { class: "message event" }, h("span", { dir: "auto" }, message.text), moment(message));

export function drawMessage(message, first) {
  if (message.kind === "event") return happened(message);
  if (message.kind === "note" || message.kind === "whisper") return staffOnly(message);
  return spoken(message, first);
}

export const drawDay = (at) => h("li", { class: "day" }, h("span", {}, dayOf(at)));

/** A reply that is on its way to the hub. */
export function drawPending(it) {
  return h(
    "li",
    { class: it.kind === "text" ? "message ours operator pending" : `message staff ${it.kind} pending` },
    h("div", { class: "bubble" }, it.text && h("p", { class: "said", dir: "auto" }, it.text),
      h("span", { class: "meta" }, icon("clock", t("delivery.sending")))),
  );
}
