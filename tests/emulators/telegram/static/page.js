// The page: one person at a time looks at their chats, and writes, presses, reacts.
import { act, follow, get, sendFile } from "/static/api.js";
import { ask, avatar, choose, el, keys, marked, media, serviceText, time, toast } from "/static/draw.js";

const $ = (id) => document.getElementById(id);
let world = { bots: [], users: [], chats: [] };
let me = Number(sessionStorage.getItem("me"));
let open = sessionStorage.getItem("open") ?? "";
let topic = 0;
let answering = null;
let calls = 0;
const typing = new Map();

const person = () => world.users.find((user) => user.id === me);
const chat = () => world.chats.find((each) => each.key === open);
const bot = (id) => world.bots.find((each) => each.id === id);
const path = (deed) => `users/${me}/${deed}`;
const place = () => ({ chat: open, ...(topic ? { topic } : {}), ...(answering ? { reply_to: answering.id } : {}) });

async function attempt(work) {
  try { return await work(); } catch (error) { toast(error.message); return null; }
}
const does = (deed, body) => attempt(() => act(path(deed), body));

// My chats: with bots (begun or not), with people through business accounts, and my groups.
function rows() {
  const mine = world.chats.filter((each) => each.user === me || each.owner === me || (each.kind !== "private" && (each.members.includes(me) || each.direct)));
  const begun = new Set(mine.map((each) => each.bot));
  return [...mine.map((each) => ({ ...each, name: nameOf(each) })), ...world.bots.filter((each) => !begun.has(each.id)).map((each) => ({ key: `new-${each.id}`, id: each.id, name: each.name, bot: each.id, messages: [], fresh: true }))];
}

function nameOf(each) {
  if (each.bot) return bot(each.bot)?.name ?? "Bot";
  if (each.owner) return world.users.find((user) => user.id === (each.owner === me ? each.user : each.owner))?.name ?? "";
  return each.direct ? `${each.title} (direct messages)` : each.title;
}

function drawSide() {
  const who = $("who");
  if (!person()) me = world.users[0]?.id ?? 0;
  who.replaceChildren(...world.users.map((user) => el("option", { value: user.id, selected: user.id === me }, user.name)));
  $("chats").replaceChildren(...rows().map((row) => {
    const last = row.messages.at(-1);
    const words = row.fresh ? "Not begun yet" : !last ? "" : last.kind === "service" ? serviceText(last) : last.text || last.kind;
    return el("button", { "aria-current": row.key === open, onclick: () => enter(row) }, avatar(el("span", { class: "avatar" }), row.id, row.name),
      el("span", { class: "words" }, el("b", {}, row.name), el("small", {}, words)));
  }));
}

async function enter(row) {
  [topic, answering] = [0, null];
  open = row.key;
  if (row.fresh) open = (await does("starts", { bot: row.bot }))?.key ?? "";
  sessionStorage.setItem("open", open);
  $("app").classList.toggle("open", Boolean(open));
  await refresh();
}

function drawTalk() {
  const here = chat();
  $("talk").querySelectorAll("header > :not(#back), #composer").forEach((each) => { each.style.visibility = here ? "" : "hidden"; });
  if (!here) { $("messages").replaceChildren(el("li", { class: "empty" }, "Choose a chat.")); $("topics").replaceChildren(); $("keyboard").replaceChildren(); return; }
  $("title").textContent = nameOf(here);
  avatar($("face"), here.id, nameOf(here));
  drawStatus(here);
  drawTopics(here);
  drawKeyboard(here);
  drawMessages(here);
  $("answering").hidden = !answering;
  $("answering").firstElementChild.textContent = answering ? `${answering.name}: ${answering.text || answering.kind}` : "";
}

function drawStatus(here) {
  const known = typing.get(here.key) ?? { count: here.actions.count, at: 0 };
  if (here.actions.count > known.count) known.at = Date.now();
  if (here.messages.at(-1)?.bot && here.messages.at(-1).id !== known.last) known.at = 0;
  Object.assign(known, { count: here.actions.count, last: here.messages.at(-1)?.id });
  typing.set(here.key, known);
  const busy = Date.now() - known.at < 5000;
  if (busy) setTimeout(drawTalk, 5100 - (Date.now() - known.at));
  const many = here.kind === "private" ? `@${bot(here.bot)?.username ?? "business"}` : `${here.kind}, ${here.members.length} members`;
  $("status").textContent = here.blocked ? "You blocked this bot" : busy ? `${here.actions.last[0].replaceAll("_", " ")} …` : many;
}

function drawTopics(here) {
  if (topic && !here.topics.some((each) => each.id === topic)) topic = 0;
  const tabs = here.topics.length ? [{ id: 0, name: "All" }, ...here.topics] : [];
  $("topics").replaceChildren(...tabs.map((each) => el("button", { role: "tab", "aria-selected": each.id === topic, onclick: () => { topic = each.id; drawTalk(); } }, each.closed ? `${each.name} (closed)` : each.name)));
}

function drawMessages(here) {
  const list = $("messages");
  const shown = here.messages.filter((each) => !topic || each.topic === topic);
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120 || list.dataset.key !== here.key + topic;
  list.dataset.key = here.key + topic;
  const drafts = here.drafts.map((text) => el("li", { class: "draft" }, el("div", { class: "bubble said" }, text || "Thinking …")));
  list.replaceChildren(...(shown.length ? shown.map((each) => drawMessage(here, each)) : [$("empty").content.cloneNode(true)]), ...drafts);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function drawMessage(here, message) {
  if (message.kind === "service") return el("li", { class: "service" }, serviceText(message));
  const mine = message.sender === me;
  const where = !topic && message.topic ? here.topics.find((each) => each.id === message.topic)?.name : "";
  const name = !mine && here.kind !== "private" ? message.name : "";
  const about = [name, where && `# ${where}`, message.forwarded && `forwarded from ${message.forwarded}`, message.via && `via @${message.via}`].filter(Boolean).join(" · ");
  return el("li", { class: mine ? "mine" : "", id: `m${message.id}` },
    el("div", { class: "bubble" }, about && el("div", { class: "name" }, about),
      message.reply && el("button", { class: "quote", onclick: () => $(`m${message.reply.id}`)?.scrollIntoView({ block: "center" }) }, `${message.reply.name}: ${message.reply.text}`),
      media(message), message.text && el("span", { class: "said" }, ...marked(message.text, message.entities)),
      el("span", { class: "when" }, `${message.edited ? "edited " : ""}${time(message.date)}`),
      message.reactions.length ? el("div", { class: "reactions" }, ...message.reactions.map((each) => el("span", {}, each))) : ""),
    message.inline ? keys(message.keyboard, (button) => press(message, button)) : "",
    drawTools(message, mine));
}

function drawTools(message, mine) {
  const base = { chat: open, message: message.id };
  const react = (emoji) => does("reacts", { ...base, emoji: message.reactions.includes(emoji) ? [] : [emoji] });
  const edit = async () => {
    const given = await ask("Change the message", [{ name: "text", label: "Text", value: message.text }]);
    if (given) await does("edits", { ...base, text: given.text });
  };
  return el("div", { class: "tools" },
    el("button", { title: "Answer", onclick: () => { answering = message; drawTalk(); $("text").focus(); } }, "↩"),
    ...["👍", "❤"].map((emoji) => el("button", { title: `React with ${emoji}`, onclick: () => react(emoji) }, emoji)),
    mine ? el("button", { title: "Change", onclick: edit }, "✎") : "",
    mine ? el("button", { title: "Delete", onclick: () => does("deletes", base) }, "✕") : "");
}

async function press(message, button) {
  if (button.switch_inline_query_current_chat !== undefined) {
    $("text").value = `@${bot(message.sender)?.username} ${button.switch_inline_query_current_chat}`;
    $("text").focus();
    return asked();
  }
  if (button.copy_text) return toast(`Copied: ${button.copy_text.text}`);
  const answer = await does("presses", { chat: open, message: message.id, button: button.callback_data });
  if (answer?.text) toast(answer.text);
  if (answer && !answer.answered) toast("The bot did not answer the button.");
}

function drawKeyboard(here) {
  const last = here.messages.findLast((each) => each.bot && each.keyboard.length && !each.inline);
  $("keyboard").replaceChildren(...(last ? [keys(last.keyboard, (button) => does("taps", { chat: open, button: button.text }))] : []));
}

async function send(event) {
  event.preventDefault();
  const text = $("text").value.trim();
  const where = place();
  if (!text) return;
  $("text").value = "";
  answering = null;
  const done = await does("says", { ...where, text });
  if (!done) $("text").value = text;
}

// "@shop_bot words" asks that bot for results while one types.
async function asked() {
  const [, name, words] = $("text").value.match(/^@(\w+)\s(.*)$/s) ?? [];
  const found = world.bots.find((each) => each.username === name && each.supports_inline_queries);
  if (!found) return $("results").replaceChildren();
  const text = $("text").value;
  const answer = await does("asks", { bot: found.id, text: words });
  if (!answer || $("text").value !== text) return;
  const pick = async (result) => {
    $("results").replaceChildren();
    $("text").value = "";
    await does("chooses", { ...place(), query: answer.query, result: result.id });
  };
  $("results").replaceChildren(...answer.results.map((each) => el("button", { type: "button", onclick: () => pick(each) }, el("b", {}, each.title), " ", el("small", {}, each.description))));
}

async function newPerson() {
  const given = await ask("Somebody new", [{ name: "name", label: "Name" }, { name: "language_code", label: "Language", choices: [["ru", "Russian"], ["en", "English"], ["de", "German"]] }]);
  const made = given && (await attempt(() => act("users", given)));
  if (made) be(made.id);
}

async function newGroup() {
  const others = [...world.bots.map((each) => [each.id, `@${each.username}`]), ...world.users.filter((each) => each.id !== me).map((each) => [each.id, each.name])];
  const kinds = [["group", "Group"], ["supergroup", "Supergroup"], ["forum", "Forum, with topics"]];
  const given = await ask("New group", [{ name: "title", label: "Name" }, { name: "kind", label: "Kind", choices: kinds }, { name: "members", label: "With", choices: others, multiple: true }]);
  const made = given && (await attempt(() => act("groups", { ...given, owner: me, members: given.members.map(Number) })));
  if (made) await enter(made);
}

function menu() {
  const here = chat();
  const theirs = here.bot ? bot(here.bot) : null;
  const opens = async () => {
    const given = await ask("New topic", [{ name: "name", label: "Name" }]);
    if (given) await does("opens-topic", { chat: open, name: given.name });
  };
  choose(nameOf(here), [
    ["Send my contact", () => does("shares-contact", place())],
    ["Send a place", () => does("shares-location", { ...place(), latitude: 55.7558, longitude: 37.6173 })],
    ...(here.forum || theirs?.has_topics_enabled ? [["Open a topic", opens]] : []),
    ...(topic ? [["Delete this topic", () => does("deletes-topic", { chat: open, topic })]] : []),
    ...(theirs ? [["Press Start", () => does("starts", { bot: theirs.id })]] : []),
    ...(theirs ? [here.blocked ? ["Unblock", () => does("unblocks", { bot: theirs.id })] : ["Block", () => does("blocks", { bot: theirs.id })]] : []),
  ]);
}

function be(id) {
  [me, open, topic, answering] = [id, "", 0, null];
  sessionStorage.setItem("me", id);
  sessionStorage.setItem("open", "");
  $("app").classList.remove("open");
  refresh();
}

async function drawCalls() {
  const list = $("calls").querySelector("ol");
  const news = await get(`/control/calls?since=${calls}`);
  calls = news.next;
  for (const call of news.calls.filter((each) => each.method !== "getUpdates" || each.error)) {
    list.prepend(el("li", {}, el("b", {}, call.method), ` ${time(call.time)} `, el("code", {}, JSON.stringify(call.params).slice(0, 240)), call.error && el("div", { class: "wrong" }, call.error)));
  }
  while (list.children.length > 100) list.lastElementChild.remove();
}

async function refresh() {
  world = await get("/control/state");
  drawSide();
  drawTalk();
  await drawCalls();
}

$("who").addEventListener("change", () => be(Number($("who").value)));
$("new-person").addEventListener("click", newPerson);
$("new-group").addEventListener("click", newGroup);
$("menu").addEventListener("click", menu);
$("back").addEventListener("click", () => { open = ""; $("app").classList.remove("open"); drawSide(); });
$("composer").addEventListener("submit", send);
$("answering").lastElementChild.addEventListener("click", () => { answering = null; drawTalk(); });
$("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event); });
let waiting;
$("text").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(asked, 300); });
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) await attempt(() => sendFile(me, place(), file, $("text").value.trim()));
  [$("file").value, $("text").value, answering] = ["", "", null];
});
$("app").classList.toggle("open", Boolean(open));
follow(() => attempt(refresh));
