// Ready-made texts: type `/` and a few letters, choose with the arrows, insert with Enter or Tab.

import { byId, h } from "./dom.js";
import { COMMANDS } from "./slash.js";
import { state } from "./state.js";
import { t } from "./texts.js";

const TYPED = /(^|\s)\/([\p{L}\p{N}_-]*)$/u;
const MOST = 8;

export class Canned {
  /** `inserted()` is called when a text was put in, `command()` when the whole text is a command to carry out. */
  constructor(text, inserted, command) {
    this.text = text;
    this.inserted = inserted;
    this.command = command;
    this.found = [];
    this.current = 0;
    text.addEventListener("input", () => this.look());
    text.addEventListener("blur", () => setTimeout(() => document.activeElement === text || this.close(), 150));
  }

  get open() {
    return this.found.length > 0;
  }

  look() {
    const typed = TYPED.exec(this.text.value.slice(0, this.text.selectionStart));
    if (!typed) return this.close();
    const wanted = typed[2].toLocaleLowerCase();
    const texts = Object.entries(state.canned).map(([key, text]) => ({ key: key.replace(/^\//, ""), text }));
    const alone = this.text.value.trim() === typed[0].trim();
    const commands = alone ? Object.keys(COMMANDS).filter((key) => !(key in state.canned)) : [];
    const all = [...texts, ...commands.map((key) => ({ key, text: t(`slash.${key}`), command: true }))];
    const begins = all.filter((it) => it.key.toLocaleLowerCase().startsWith(wanted));
    const holds = all.filter((it) => !begins.includes(it) && `${it.key} ${it.text}`.toLocaleLowerCase().includes(wanted));
    this.found = [...begins, ...holds].slice(0, MOST);
    this.start = this.text.selectionStart - typed[2].length - 1;
    this.current = 0;
    return this.draw();
  }

  /** Handle a key while the list is open; returns whether it was meant for the list. */
  key(event) {
    if (!this.open || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.current = (this.current + step + this.found.length) % this.found.length;
    else if (event.key === "Enter" || event.key === "Tab") this.insert(this.found[this.current]);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
    return true;
  }

  insert(it) {
    const end = this.text.selectionStart;
    this.text.setRangeText(it.command ? `/${it.key}` : it.text, this.start, end, "end");
    this.close();
    this.text.focus();
    if (it.command) this.command();
    else this.inserted();
  }

  close() {
    this.found = [];
    this.draw();
  }

  draw() {
    const list = byId("canned");
    list.hidden = !this.open;
    this.text.setAttribute("aria-expanded", String(this.open));
    if (this.open) this.text.setAttribute("aria-activedescendant", `canned-${this.current}`);
    else this.text.removeAttribute("aria-activedescendant");
    list.replaceChildren(...this.found.map((it, index) => this.option(it, index)));
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  option(it, index) {
    return h(
      "li",
      {
        role: "option",
        id: `canned-${index}`,
        "aria-selected": String(index === this.current),
        onmousedown: (event) => {
          event.preventDefault();
          this.insert(it);
        },
      },
      h("kbd", {}, `/${it.key}`),
      h("span", { title: t("canned.insert") }, it.text),
    );
  }
}
