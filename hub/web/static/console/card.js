// The client's card: who they are, what the bot found out, and everything they ever wrote about.

import { leaveConversation, may, open } from "./actions.js";
import { askClient } from "./client.js";
import { byId, fill, h, icon } from "./dom.js";
import { channelIcon, face } from "./faces.js";
import { inviteButtons } from "./invite.js";
import { changed, nameOf, selected, state } from "./state.js";
import { dateOf, known, momentOf, t, timeIn } from "./texts.js";
import { showWhy } from "./why.js";

export function drawCard() {
  const it = selected();
  byId("card").hidden = !it;
  if (!it) return;
  const card = state.cards.get(it.client);
  fill(byId("card"), JSON.stringify([it, card]), () => [head(it), ...parts(it, card)]);
}

function head(it) {
  const back = () => {
    state.pane = "thread";
    changed();
  };
  return h(
    "header",
    { class: "card-head" },
    h("button", { type: "button", class: "quiet back", "aria-label": t("nav.back"), onclick: back }, icon("back")),
    face(it.client, it.client_name, it.photo),
    h("h2", {}, h("bdi", {}, nameOf(it))),
  );
}

const section = (title, ...content) => h("section", {}, h("h3", {}, title), ...content);

const facts = (pairs) => {
  const given = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? h("dl", { class: "facts" }, given.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null;
};

function parts(it, card) {
  return [
    it.rating && rating(it.rating),
    it.handoff && handoff(it.handoff),
    card ? contacts(it, card.client) : h("p", { class: "empty" }, t("list.loading")),
    card && identities(it, card.client),
    about(it),
    card && history(it, card.conversations),
  ].filter(Boolean);
}

function rating(it) {
  const stars = Array.from({ length: 5 }, (_, index) => {
    const star = icon("star");
    if (index < it.score) star.classList.add("on");
    return star;
  });
  return section(
    t("card.rating"),
    h("p", { class: "stars", role: "img", "aria-label": t("card.rating.of", { score: it.score }) }, stars),
    it.comment && h("blockquote", { dir: "auto" }, it.comment),
  );
}

function handoff(it) {
  const slots = Object.entries(it.slots).map(([name, value]) => [known(`slot.${name}`, name.replaceAll("_", " ")), h("bdi", {}, value)]);
  const intent = (name) => known(`intent.${name}`, name.replaceAll("_", " "));
  const sure = it.intent && `${intent(it.intent)} (${Math.round(it.confidence * 100)} %)`;
  return h(
    "section",
    { class: "handoff" },
    h("h3", {}, icon("bot"), t("card.handoff")),
    h("p", {}, it.reason),
    facts([[t("card.intent"), sure], ...slots, [t("card.tried"), it.tried.map(intent).join(", ")]]),
  );
}

function contacts(it, client) {
  const phone = client.phone && h("a", { href: `tel:${client.phone.replace(/[^\d+]/g, "")}` }, client.phone);
  const mail = client.email && h("a", { href: `mailto:${client.email}` }, client.email);
  const own = Object.entries(client.facts).map(([name, value]) => [known(`fact.${name}`, name.replaceAll("_", " ")), h("bdi", {}, value)]);
  const rows = facts([
    [t("card.phone"), phone],
    [t("card.email"), mail],
    [t("card.language"), client.language && languageName(client.language)],
    [t("card.responsible"), client.responsible && (state.operators.get(client.responsible)?.name ?? client.responsible)],
    [t("card.priority"), client.priority],
    [t("card.since"), dateOf(client.created_at)],
    ...own,
    [t("card.there"), client.timezone && clockOf(client.timezone)],
  ]);
  const edit = () => askClient(it, client);
  const button = may("client", it) && h("button", { type: "button", class: "small", onclick: edit }, icon("pencil"), t("client.edit"));
  return section(t("card.client"), rows, button);
}

/** What time it is where the client is, going on by itself. */
const clockOf = (zone) => h("time", { data: { zone } }, timeIn(zone));

export function tickClocks() {
  for (const element of document.querySelectorAll("#card [data-zone]")) element.textContent = timeIn(element.dataset.zone);
}

function languageName(tag) {
  try {
    return new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function identities(it, client) {
  if (!client.identities.length) return null;
  return section(
    t("card.identities"),
    h("ul", { class: "identities" }, client.identities.map((known_as) =>
      h("li", {}, channelIcon(known_as.kind), h("span", {}, known(`kind.${known_as.kind}`, known_as.kind)), h("bdi", { class: "muted", title: known_as.user }, known_as.user)))),
    may("client", it) && inviteButtons(it),
  );
}

function about(it) {
  const joined = Object.keys(it.joined).map((id) => state.operators.get(id)?.name ?? id).join(", ");
  return section(
    t("card.conversation"),
    facts([
      [t("card.channel"), it.channel],
      [t("card.line"), it.line_name],
      [t("card.operator"), it.operator_name],
      [t("card.joined"), joined],
      [t("card.started"), `${dateOf(it.created_at)}`],
    ]),
    h("button", { type: "button", class: "small", onclick: () => showWhy(it.id) }, icon("question"), t("card.why")),
  );
}

function past(it) {
  const current = it.id === state.selected;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "past", "aria-current": current ? "true" : null, onclick: () => openFromCard(it.id) },
      channelIcon(it.kind),
      h("span", { class: "past-text" },
        h("span", { class: "past-top" }, h("span", {}, it.line_name), h("time", {}, momentOf(it.active_at))),
        h("bdi", { class: "preview" }, it.preview || t("list.nothing_said")),
        h("span", { class: "muted" }, t(`state.${it.state}`), it.rating && [" · ", icon("star"), String(it.rating.score)])),
    ),
  );
}

function openFromCard(id) {
  state.pane = "thread";
  open(id);
  changed();
}

function history(it, conversations) {
  return section(t("card.history", { n: conversations.length }), h("ul", { class: "history" }, conversations.map(past)));
}

/** Go back one pane at phone width. */
export function back() {
  if (state.pane === "card") {
    state.pane = "thread";
    changed();
  } else {
    leaveConversation();
  }
}
