// Files on their way to the hub, per conversation: by button, by paste, or dropped on the conversation.

import { upload } from "./api.js";
import { h, icon } from "./dom.js";
import { changed, state } from "./state.js";
import { sizeOf, t } from "./texts.js";
import { complain, toast } from "./toasts.js";

const LARGEST = 20 * 1024 * 1024;
const MOST = 10;

/** conversation → files, each { file, progress, kept, abort } */
const files = new Map();

export const filesOf = (conversation) => files.get(conversation) ?? [];
export const ready = (conversation) => filesOf(conversation).every((it) => it.kept);
export const keptIds = (conversation) => filesOf(conversation).map((it) => it.kept.id);
export const dropAll = (conversation) => files.delete(conversation);
export const putBack = (conversation, list) => files.set(conversation, list);

function remove(conversation, gone) {
  gone.abort.abort();
  files.set(conversation, filesOf(conversation).filter((it) => it !== gone));
  changed();
}

async function begin(conversation, file) {
  const entry = { file, progress: 0, kept: null, abort: new AbortController() };
  files.set(conversation, [...filesOf(conversation), entry]);
  const progressed = (progress) => {
    entry.progress = progress;
    changed();
  };
  try {
    entry.kept = await upload(conversation, file, progressed, entry.abort.signal);
  } catch (error) {
    complain(error);
    files.set(conversation, filesOf(conversation).filter((it) => it !== entry));
  }
  changed();
}

export function attach(conversation, chosen) {
  if (!conversation) return;
  for (const file of chosen) {
    if (filesOf(conversation).length >= MOST) {
      toast(t("file.too_many", { n: MOST }));
      break;
    }
    if (file.size > LARGEST) toast(t("file.too_large", { name: file.name, size: sizeOf(LARGEST) }));
    else if (file.size === 0) toast(t("file.empty", { name: file.name }));
    else begin(conversation, file);
  }
  changed();
}

export function drawFile(conversation, it) {
  const percent = Math.round(it.progress * 100);
  return h(
    "li",
    { class: "chip" },
    icon("file"),
    h("bdi", { class: "file-name" }, it.file.name || t("file.pasted")),
    it.kept ? h("span", { class: "file-size" }, sizeOf(it.file.size)) : h("progress", { max: 100, value: percent, "aria-label": t("file.uploading", { percent }) }),
    h("button", { type: "button", class: "quiet small", "aria-label": t("file.remove", { name: it.file.name }), onclick: () => remove(conversation, it) }, icon("x")),
  );
}

/** Let files be dropped anywhere on the conversation and pasted into the text. */
export function acceptFiles(zone, text, mayAttach) {
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const mark = (by) => {
    depth = Math.max(0, depth + by);
    zone.classList.toggle("dropping", depth > 0 && mayAttach());
  };
  zone.addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
  zone.addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
  zone.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  zone.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    if (mayAttach()) attach(state.selected, event.dataTransfer.files);
  });
  text.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (!pasted.length || !mayAttach()) return;
    event.preventDefault();
    attach(state.selected, pasted);
  });
}
