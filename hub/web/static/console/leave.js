// Operators' leave: everybody enters their own, and those who lead everybody's.

import { get, post, remove } from "./api.js";
import { openDialog } from "./dialogs.js";
import { fill, h, icon } from "./dom.js";
import { dateOf, t, when } from "./texts.js";
import { complain } from "./toasts.js";

const REASONS = ["vacation", "sick", "other"];
const address = (operator) => `/operators/${encodeURIComponent(operator)}/leave`;

const isMidnight = (day) => day.getHours() === 0 && day.getMinutes() === 0;

/** Whole days are told as days, the last one included. */
function spanOf(it) {
  const from = new Date(it.from);
  const to = new Date(it.to);
  if (!isMidnight(from) || !isMidnight(to)) return t("leave.span", { from: when(it.from), to: when(it.to) });
  const last = new Date(to.getTime() - 1);
  return from.toDateString() === last.toDateString() ? dateOf(from) : t("leave.span", { from: dateOf(from), to: dateOf(last) });
}

function row(it, take) {
  const source = it.source === "api" ? "" : t(`leave.source.${it.source}`);
  const detail = [t(`leave.${it.reason}`), it.note, source].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "leave-row" },
    h("span", { class: "choice-text" }, h("span", { class: "choice-title" }, spanOf(it)), h("bdi", { class: "choice-detail" }, detail)),
    it.source === "api" && h("button", { type: "button", class: "quiet", "aria-label": t("leave.remove"), title: t("leave.remove"), onclick: () => take(it) }, icon("x")),
  );
}

/** Show an operator's leave, enter some and take some away. */
export function showLeave(operator) {
  openDialog(t("leave.title", { name: operator.name }), () => {
    const list = h("ul", { class: "leaves" });
    const read = async () => {
      try {
        const { leave } = await get(address(operator.id));
        fill(list, JSON.stringify(leave), () => (leave.length ? leave.map((it) => row(it, take)) : h("li", { class: "muted" }, t("leave.none"))));
      } catch (error) {
        complain(error);
      }
    };
    const change = async (doing) => {
      try {
        await doing();
        await read();
        return true;
      } catch (error) {
        complain(error);
        return false;
      }
    };
    const take = (it) => change(() => remove(`${address(operator.id)}/${encodeURIComponent(it.id)}`));
    const submit = async (event) => {
      event.preventDefault();
      const form = event.target;
      const given = Object.fromEntries(new FormData(form));
      if (await change(() => post(address(operator.id), given))) form.reset();
    };
    read();
    return h(
      "form",
      { class: "leave", onsubmit: submit },
      list,
      h("div", { class: "leave-days" },
        h("label", { class: "field" }, t("leave.from"), h("input", { type: "date", name: "from", required: true })),
        h("label", { class: "field" }, t("leave.to"), h("input", { type: "date", name: "to" })),
        h("label", { class: "field" }, t("leave.reason"), h("select", { name: "reason" }, REASONS.map((it) => h("option", { value: it }, t(`leave.${it}`))))),
      ),
      h("label", { class: "field" }, t("leave.note"), h("input", { name: "note", maxLength: 200 })),
      h("p", { class: "muted" }, t("leave.hint")),
      h("div", { class: "dialog-buttons" }, h("button", { type: "submit", class: "primary" }, t("leave.enter"))),
    );
  });
}
