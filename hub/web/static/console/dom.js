// Builds the page. All text goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `h("button", { class: "quiet", onclick: f, "aria-label": "Close" }, "Close")`. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && !name.includes("-") && name !== "list" && name !== "class") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Draw a symbol of the page's sprite; decoration unless `label` says what it means. */
export function icon(name, label = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/**
 * Make the children of `parent` show `items`, touching only what differs, so that focus and scrolling survive.
 * `draw(item)` makes an element; it is drawn again only when the item's `sign` differs.
 */
export function show(parent, items, draw) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    let element = kept.get(item.key);
    kept.delete(item.key);
    if (!element || element.shownSign !== item.sign) {
      const focused = element && element.contains(document.activeElement) ? focusPath(element) : null;
      const drawn = draw(item);
      drawn.dataset.key = item.key;
      drawn.shownSign = item.sign;
      if (element) {
        if (place === element) place = drawn;
        element.replaceWith(drawn);
      }
      if (focused !== null) refocus(drawn, focused);
      element = drawn;
    }
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of kept.values()) gone.remove();
}

const FOCUSABLE = "button, a, input, textarea, select, [tabindex]";

function focusPath(element) {
  return [element, ...element.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
}

function refocus(element, index) {
  const target = [element, ...element.querySelectorAll(FOCUSABLE)][index] ?? element.querySelector(FOCUSABLE);
  requestAnimationFrame(() => target?.focus({ preventScroll: true }));
}

/** Fill an element with other children, but only when `sign` differs from last time. */
export function fill(element, sign, draw) {
  if (element.shownSign === sign) return;
  const focused = element.contains(document.activeElement) ? focusPath(element) : null;
  element.shownSign = sign;
  element.replaceChildren(...[draw()].flat(Infinity).filter(Boolean));
  if (focused !== null && focused > 0) refocus(element, focused);
}
