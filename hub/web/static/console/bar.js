// The bar on top: presence, the state of the connection, and what is wrong with the settings.

import { setPresence } from "./actions.js";
import { signOut } from "./api.js";
import { showKeys } from "./dialogs.js";
import { byId, fill, h, icon } from "./dom.js";
import { showLeave } from "./leave.js";
import { showLinkCode } from "./linking.js";
import { askPermission, notificationsState } from "./notify.js";
import { state } from "./state.js";
import { t } from "./texts.js";

const PRESENCES = ["available", "break", "away"];

function presence(name) {
  const chosen = state.me.presence === name;
  return h(
    "button",
    {
      type: "button",
      role: "radio",
      "aria-checked": String(chosen),
      class: `presence ${name}`,
      disabled: !state.live,
      tabIndex: chosen ? 0 : -1,
      title: t(`presence.${name}.title`),
      onclick: () => setPresence(name),
      onkeydown: (event) => turn(event, name),
    },
    h("span", { class: `presence-dot ${name}` }),
    h("span", {}, t(`presence.${name}`)),
  );
}

function turn(event, name) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  setPresence(PRESENCES[(PRESENCES.indexOf(name) + step + PRESENCES.length) % PRESENCES.length]);
}

export function drawBar() {
  const load = t("bar.load", { load: state.me.load, capacity: state.me.capacity });
  fill(byId("presence"), [state.me.presence, state.live].join(), () => PRESENCES.map(presence));
  fill(byId("load"), [state.me.load, state.me.capacity].join(), () => load);
  fill(byId("notifications"), notificationsState(), bell);
  byId("notifications").hidden = notificationsState() !== "default";
  byId("connection").hidden = state.live || !state.everLive;
  byId("settings-banner").hidden = state.problems.length === 0;
  fill(byId("settings-banner"), state.problems.join(), broken);
}

const bell = () => [icon("bell"), h("span", {}, t("bar.notify"))];

function broken() {
  return [
    icon("warning"),
    h("div", {}, h("strong", {}, t("bar.settings")), h("ul", {}, state.problems.map((it) => h("li", {}, it)))),
  ];
}

export function startBar() {
  byId("notifications").addEventListener("click", askPermission);
  byId("keys").addEventListener("click", showKeys);
  byId("me").addEventListener("click", () => showLeave({ id: state.me.id, name: state.me.name }));
  byId("link-account")?.addEventListener("click", showLinkCode);
  byId("sign-out").addEventListener("click", async () => {
    await signOut();
    sessionStorage.clear();
    location.assign("/console");
  });
}
