import { fill, h, icon } from './dom.js';

/** Five stars, and a comment once one of them was pressed. `send(score, comment)` tells the hub. */
export class Rating {
  element;
  #stars;
  #more;
  #send;
  #texts;
  #score = 0;
  #commented = false;

  constructor(texts, send) {
    this.#texts = texts;
    this.#send = send;
    this.#stars = [1, 2, 3, 4, 5].map((score) =>
      h('button', { type: 'button', class: 'star', onclick: () => this.#rate(score) }, icon('star')),
    );
    this.#stars.forEach((star, at) => star.setAttribute('aria-label', fill(texts.stars, { count: at + 1 })));
    this.#more = h('div', { class: 'more' });
    const group = { class: 'stars', role: 'group', 'aria-label': texts.rate };
    this.element = h('div', { class: 'rating' }, h('div', group, ...this.#stars), this.#more);
  }

  /** Show what the hub knows; a rating can be given while `active`. */
  show(score, active) {
    this.#score = this.#score || score;
    this.element.hidden = !active && !this.#score;
    this.#stars.forEach((star, at) => {
      star.disabled = !active || this.#score > 0;
      star.classList.toggle('full', at < this.#score);
      star.setAttribute('aria-pressed', String(at + 1 === this.#score));
    });
  }

  #rate(score) {
    if (!this.#send(score, '')) return;
    this.show(score, true);
    const { comment, sendComment } = this.#texts;
    const field = h('textarea', { rows: 2, maxlength: 2000, placeholder: comment, 'aria-label': comment, dir: 'auto' });
    const button = h('button', { type: 'button', class: 'plain', onclick: () => this.#comment(field.value) }, sendComment);
    this.#more.replaceChildren(field, button);
    field.focus();
  }

  #comment(text) {
    if (this.#commented || (text.trim() && !this.#send(this.#score, text.trim()))) return;
    this.#commented = true;
    const thanks = h('p', { role: 'status', tabindex: -1 }, this.#texts.thanks);
    this.#more.replaceChildren(thanks);
    thanks.focus();
  }
}
