// A list of any length that has as many elements as fit into its viewport, and a few more.

import { byId, element, invalidate } from './dom.js';

const SPARE_ROWS = 4;
let made = 0;

export class VirtualList {
  /**
   * @param {string} id of the viewport, which scrolls; its rows are as high as its `--row` says
   * @param {object} options
   * @param {{size: number, get: (position: number) => object, need: (first: number, last: number) => void}} options.source
   * @param {() => HTMLElement} options.create makes a row
   * @param {(row: HTMLElement, item: object | undefined) => void} options.update fills it
   * @param {(item: object | undefined) => void} [options.chosen] called when a row is chosen; rows can be chosen then
   * @param {(item: object, byMouse: boolean) => void} [options.opened] called when a row is clicked, or Enter pressed
   * @param {boolean} [options.newestFirst] the last item of the source is at the top
   * @param {(first: number, last: number) => void} [options.shown] called with the rows in view before they are filled
   */
  constructor(id, options) {
    Object.assign(this, { newestFirst: false, chosen: null, opened: () => {}, shown: () => {} }, options);
    this.viewport = byId(id);
    this.space = element('div', { class: 'space', role: 'presentation' });
    this.viewport.append(this.space);
    this.rows = new Map();
    this.spare = [];
    this.prefix = `row-${made += 1}`;
    this.active = null;
    this.size = 0;
    this.viewport.addEventListener('scroll', () => invalidate(this), { passive: true });
    new ResizeObserver(() => invalidate(this)).observe(this.viewport);
    if (this.chosen) {
      this.viewport.addEventListener('keydown', (event) => this.onKey(event));
      this.viewport.addEventListener('click', (event) => this.onClick(event));
    }
  }

  /** Where an index from the top is in the source, and the other way round. */
  turn(index) {
    return this.newestFirst ? this.size - 1 - index : index;
  }

  render() {
    this.measure();
    const { scrollTop, clientHeight } = this.viewport;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - SPARE_ROWS);
    const last = Math.min(this.size - 1, Math.ceil((scrollTop + clientHeight) / this.height) + SPARE_ROWS);
    if (last >= first) {
      this.source.need(Math.min(this.turn(first), this.turn(last)), Math.max(this.turn(first), this.turn(last)));
    }
    this.shown(Math.floor(scrollTop / this.height), Math.min(last, Math.ceil((scrollTop + clientHeight) / this.height) - 1));
    for (const [position, row] of this.rows) {
      const index = this.turn(position);
      if (index < first || index > last) this.release(position, row);
    }
    for (let index = first; index <= last; index += 1) this.place(index);
    this.markActive();
  }

  measure() {
    this.height = parseFloat(getComputedStyle(this.viewport).getPropertyValue('--row')) || 32;
    const grown = this.source.size - this.size;
    this.size = this.source.size;
    const height = `${this.size * this.height}px`;
    if (this.space.style.height !== height) this.space.style.height = height;
    if (this.newestFirst && grown > 0 && this.viewport.scrollTop > 0) {
      this.viewport.scrollTop += grown * this.height; // what is being read stays where it is
    }
  }

  place(index) {
    const position = this.turn(index);
    let row = this.rows.get(position);
    if (!row) {
      row = this.spare.pop() ?? this.make();
      this.rows.set(position, row);
      row.hidden = false;
      row.dataset.position = position;
      row.id = `${this.prefix}-${position}`;
    }
    const at = `translateY(${index * this.height}px)`;
    if (row.style.transform !== at) row.style.transform = at;
    row.setAttribute('aria-posinset', index + 1);
    row.setAttribute('aria-setsize', this.size);
    this.update(row, this.source.get(position));
  }

  make() {
    const row = this.create();
    row.classList.add('row');
    row.setAttribute('role', this.chosen ? 'option' : 'listitem');
    this.space.append(row);
    return row;
  }

  release(position, row) {
    this.rows.delete(position);
    row.hidden = true;
    row.removeAttribute('id');
    row.removeAttribute('aria-selected');
    this.spare.push(row);
  }

  /** Back to the top, with nothing chosen, for another list of things. */
  restart() {
    this.active = null;
    this.size = 0;
    for (const [position, row] of this.rows) this.release(position, row);
    this.viewport.scrollTop = 0;
    invalidate(this);
  }

  choose(position) {
    this.active = position;
    this.chosen(this.source.get(position)); // which may make the viewport smaller
    this.reveal(this.turn(position));
    invalidate(this);
  }

  reveal(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.viewport;
    const head = this.space.offsetTop; // what sticks above the rows
    if (top < scrollTop) this.viewport.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight - head) {
      this.viewport.scrollTop = top + this.height - clientHeight + head;
    }
  }

  markActive() {
    let active = null;
    for (const [position, row] of this.rows) {
      if (!this.chosen) continue;
      const is = position === this.active;
      row.setAttribute('aria-selected', is);
      if (is) active = row;
    }
    if (active) this.viewport.setAttribute('aria-activedescendant', active.id);
    else this.viewport.removeAttribute('aria-activedescendant');
  }

  /** Let go of what is chosen. */
  forget() {
    this.active = null;
    this.chosen(undefined);
    invalidate(this);
  }

  onClick(event) {
    const row = event.target.closest('.row');
    if (!row) return;
    const position = Number(row.dataset.position);
    this.choose(position);
    if (this.source.get(position)) this.opened(this.source.get(position), event.detail < 2);
  }

  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.size === 0) return;
    const page = Math.max(1, Math.floor(this.viewport.clientHeight / this.height) - 1);
    const now = this.active === null ? -1 : this.turn(this.active);
    const last = this.size - 1;
    const wanted = {
      ArrowDown: now + 1, ArrowUp: now < 0 ? 0 : now - 1, PageDown: now + page, PageUp: now - page, Home: 0, End: last,
    }[event.key];
    const item = this.active === null ? undefined : this.source.get(this.active);
    if (event.key === 'Enter' && item) this.opened(item, false);
    else if (wanted === undefined) return;
    else this.choose(this.turn(Math.min(last, Math.max(0, wanted))));
    event.preventDefault();
  }
}
