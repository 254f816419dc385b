import { Chat } from './chat.js';

const RETRY = 5000;

/** Load what the widget needs and put it on the page; null when this site may not use the chat. */
export async function start(base, options) {
  const language = (options.lang || document.documentElement.lang || navigator.language || 'en').slice(0, 100);
  const [settings, style] = await Promise.all([
    describe(new URL(`settings?lang=${encodeURIComponent(language)}`, base)),
    fetch(new URL('style.css', import.meta.url)).then((answer) => answer.text()),
  ]);
  if (!settings) return null;
  await page();
  // The region's way to write times, when the visitor has one for the language shown.
  const locale = navigator.languages.find((tag) => tag.startsWith(settings.language)) ?? settings.language;
  return new Chat(base, { ...settings, locale }, style, { ...options, language });
}

/** Ask for the look and the texts until the hub answers; null when it refuses this site. */
async function describe(url) {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return answer.json();
    if (answer?.status === 403) {
      console.warn(`Trunkline: ${await answer.text()}`);
      return null;
    }
    await new Promise((done) => setTimeout(done, RETRY * (1 + Math.random())));
  }
}

function page() {
  if (document.body) return Promise.resolve();
  return new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }));
}
