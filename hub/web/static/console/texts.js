// Texts, times and sizes in the operator's language.

const texts = JSON.parse(document.getElementById("texts").textContent);
export const language = document.documentElement.lang;

/** The text of `key`, its {places} filled from `values`. */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** The text of `key`, or `fallback` where the catalogue has none: for names that admins and platforms make up. */
export const known = (key, fallback) => texts[key] ?? fallback;

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });

const sameDay = (a, b) => a.toDateString() === b.toDateString();

export const timeOf = (iso) => clock.format(new Date(iso));
export const fullTime = (iso) => full.format(new Date(iso));
export const dateOf = (iso) => dayAndYear.format(new Date(iso));

export function dayOf(iso) {
  const day = new Date(iso);
  const now = new Date();
  if (sameDay(day, now)) return t("time.today");
  if (sameDay(day, new Date(now.getTime() + 86_400_000))) return t("time.tomorrow");
  if (sameDay(day, new Date(now.getTime() - 86_400_000))) return t("time.yesterday");
  return (day.getFullYear() === now.getFullYear() ? dayOfYear : dayAndYear).format(day);
}

/** A moment within a sentence: the time today, else `tomorrow, 09:00` or `24 November, 09:00`. */
export function when(iso) {
  const day = dayOf(iso);
  if (day === t("time.today")) return timeOf(iso);
  const near = [t("time.tomorrow"), t("time.yesterday")].includes(day);
  return `${near ? day.toLocaleLowerCase(language) : day}, ${timeOf(iso)}`;
}

/** A moment on the clock of another time zone, to the second. */
export function momentIn(iso, zone) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", timeZone: zone }).format(new Date(iso));
}

/** The time now in another time zone, with its name: `23:40 (Asia/Tokyo)`. */
export function timeIn(zone) {
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(new Date());
  return `${time} (${zone.replaceAll("_", " ")})`;
}

/** A moment for lists: the time today, else the day. */
export function momentOf(iso) {
  return sameDay(new Date(iso), new Date()) ? timeOf(iso) : shortDay.format(new Date(iso));
}

/** How long ago, in one short unit. */
export function span(milliseconds) {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000);
  if (minutes < 1) return t("time.now");
  if (minutes < 60) return t("time.minutes", { n: minutes });
  if (minutes < 48 * 60) return t("time.hours", { n: Math.floor(minutes / 60) });
  return t("time.days", { n: Math.floor(minutes / 1440) });
}

/** `0:42` until a moment. */
export function countdown(iso) {
  const seconds = Math.max(0, Math.ceil((new Date(iso) - Date.now()) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function sizeOf(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: unit ? 1 : 0 }).format(size)} ${units[unit]}`;
}
