// Commands typed where replies are written: `/why`, `/snooze 2h`. They are carried out, never sent.

import { may } from "./actions.js";
import { snoozeBy } from "./snooze.js";
import { t } from "./texts.js";
import { toast } from "./toasts.js";
import { showWhy } from "./why.js";

export const COMMANDS = {
  why: { run: (it) => showWhy(it.id) },
  snooze: {
    run: (it, words) => (may("snooze", it) ? snoozeBy(it, words) : toast(t("snooze.not_now"))),
  },
};

const TYPED = /^\/(\w+)(?:\s+(.*))?$/su;

/** The command that a text is, as a function that carries it out; null when it is none. */
export function commandOf(text, canned) {
  const match = TYPED.exec(text.trim());
  const command = match && Object.hasOwn(COMMANDS, match[1]) && !(match[1] in canned) && COMMANDS[match[1]];
  return command ? (it) => command.run(it, (match[2] ?? "").trim()) : null;
}
