// The headings of a list, by which its rows are sorted.

import { byId, element } from './dom.js';

export class Columns {
  /**
   * @param {string} id of the element that has them
   * @param {() => void} changed called when the order is another one
   */
  constructor(id, changed) {
    this.row = byId(id);
    this.changed = changed;
    this.orders = new Map();
  }

  /** What the server is asked for. */
  get order() {
    return this.orders.get(this.kind.name);
  }

  set(kind) {
    this.kind = kind;
    if (!this.orders.has(kind.name)) this.orders.set(kind.name, { sort: kind.columns[0].sort, descending: false });
    this.draw();
  }

  draw() {
    const { sort, descending } = this.order;
    this.row.replaceChildren(...this.kind.columns.map((column) => {
      const is = column.sort === sort;
      const heading = element('button', { type: 'button', class: 'heading', title: `Sort by ${column.title}` }, column.title);
      heading.setAttribute('aria-pressed', is);
      if (is) {
        heading.append(element('span', { 'aria-hidden': 'true' }, descending ? '▼' : '▲'));
        heading.setAttribute('aria-label', `${column.title}, ${descending ? 'descending' : 'ascending'}`);
      }
      heading.addEventListener('click', () => this.sortBy(column.sort));
      return heading;
    }));
  }

  /** Sort by a column; by the same again, the other way round. */
  sortBy(sort) {
    const now = this.order;
    this.orders.set(this.kind.name, { sort, descending: now.sort === sort && !now.descending });
    const focused = [...this.row.children].indexOf(document.activeElement);
    this.draw();
    this.row.children[focused]?.focus();
    this.changed();
  }
}
