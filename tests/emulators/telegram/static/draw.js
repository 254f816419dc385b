// Turns what the control API tells into elements. Nothing that anybody said is ever read as HTML.

export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("aria-")) element.setAttribute(key, value);
    else if (value !== false && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== "" && child != null));
  return element;
}

export function avatar(element, id, name) {
  element.textContent = name.split(" ").map((word) => [...word][0]).slice(0, 2).join("").toUpperCase();
  element.style.setProperty("--hue", (Math.abs(id) * 47) % 360);
  return element;
}

export function time(unix) {
  return new Date(unix * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

// Offsets count UTF-16 units, as JavaScript's do.
export function marked(text, entities) {
  const edges = new Set([0, text.length]);
  for (const entity of entities) edges.add(entity.offset).add(entity.offset + entity.length);
  const cuts = [...edges].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, at) => {
    const piece = text.slice(start, cuts[at + 1]);
    const inside = entities.filter((each) => each.offset <= start && start < each.offset + each.length);
    const link = inside.find((each) => each.type === "text_link" || each.type === "url");
    const classes = inside.map((each) => each.type).join(" ");
    const href = link && safe(link.url ?? text.slice(link.offset, link.offset + link.length));
    return href ? el("a", { href, class: classes, target: "_blank", rel: "noreferrer" }, piece) : el("span", { class: classes }, piece);
  });
}

function safe(url) {
  return /^(https?|tg|mailto):/.test(url) ? url : undefined;
}

const SERVICE = {
  forum_topic_created: (it) => `Topic “${it.name}” was opened`,
  forum_topic_edited: (it) => `The topic is now “${it.name ?? ""}”`,
  forum_topic_closed: () => "The topic was closed",
  forum_topic_reopened: () => "The topic was opened again",
  new_chat_members: (it) => `${it.map((user) => user.first_name).join(", ")} joined`,
  left_chat_member: (it) => `${it.first_name} left`,
  migrate_to_chat_id: () => "The group became a supergroup",
  migrate_from_chat_id: () => "This supergroup was a group before",
};

export function serviceText(message) {
  const [key, value] = Object.entries(message.data)[0] ?? [];
  return SERVICE[key]?.(value) ?? key ?? "Something happened";
}

export function media(message) {
  const file = message.file;
  const address = file && `/control/files/${file.number}`;
  if (message.kind === "photo") return el("img", { src: address, alt: message.text || "Photo", width: file.width, height: file.height, style: `aspect-ratio:${file.width}/${file.height};height:auto` });
  if (message.kind === "sticker") return el("div", { class: "sticker" }, file.emoji ?? "▣");
  if (file && file.mime.startsWith("video/")) return el("video", { src: address, controls: true });
  if (file && file.mime.startsWith("audio/")) return el("audio", { src: address, controls: true });
  if (file) return el("a", { class: "file", href: address, download: file.name }, `${file.name} (${Math.ceil(file.size / 1024)} KB)`);
  if (message.kind === "contact") return el("div", {}, `👤 ${message.data.contact.first_name}, ${message.data.contact.phone_number}`);
  if (message.kind === "location") return el("div", {}, `📍 ${message.data.location.latitude}, ${message.data.location.longitude}`);
  if (message.kind === "poll") return el("div", {}, `📊 ${message.data.poll.question}: ${message.data.poll.options.map((each) => each.text).join(" / ")}`);
  return "";
}

export function keys(rows, press) {
  return el("div", { class: "keys" }, ...rows.map((row) => el("div", {}, ...row.map((button) => key(button, press)))));
}

function key(button, press) {
  const href = button.url && safe(button.url);
  if (href) return el("a", { href, target: "_blank", rel: "noreferrer" }, `${button.text} ↗`);
  return el("button", { type: "button", class: button.style ?? "", onclick: () => press(button) }, button.text);
}

let hiding;
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.hidden = !text;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 4000);
}

// Asks for values; `fields` are {name, label, value?, choices?: [[value, label]], multiple?}. Returns null when cancelled.
export function ask(title, fields) {
  const dialog = document.getElementById("ask");
  dialog.querySelector("h2").textContent = title;
  const inputs = fields.map((field) => field.choices
    ? el("select", { name: field.name, multiple: field.multiple ?? false }, ...field.choices.map(([value, label]) => el("option", { value }, label)))
    : el("input", { name: field.name, value: field.value ?? "", required: true, autocomplete: "off" }));
  dialog.querySelector(".fields").replaceChildren(...fields.map((field, at) => el("label", {}, field.label, inputs[at])));
  dialog.querySelector(".choices").hidden = false;
  dialog.querySelector(".cancel").onclick = () => dialog.close();
  dialog.returnValue = "";
  dialog.showModal();
  const value = (input) => (input.multiple ? [...input.selectedOptions].map((option) => option.value) : input.value);
  return closed(dialog, () => Object.fromEntries(inputs.map((input) => [input.name, value(input)])));
}

// Offers things to do; `choices` are [label, function].
export function choose(title, choices) {
  const dialog = document.getElementById("ask");
  dialog.querySelector("h2").textContent = title;
  const pick = (run) => () => { dialog.close(); run(); };
  dialog.querySelector(".fields").replaceChildren(...choices.map(([label, run]) => el("button", { type: "button", onclick: pick(run) }, label)));
  dialog.querySelector(".choices").hidden = true;
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  dialog.showModal();
}

function closed(dialog, result) {
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? result() : null), { once: true });
  });
}
