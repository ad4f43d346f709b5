// A row of tabs, of which one is chosen; arrow keys lead from one to the next.

import { byId, element, setText } from './dom.js';

const slug = (name) => name.toLowerCase().replace(/\W+/g, '-');

export class Tabs {
  /**
   * @param {string} id of the element that has them
   * @param {string} panel id of what they change
   * @param {(name: string) => void} chosen called when another one is chosen
   */
  constructor(id, panel, chosen) {
    this.list = byId(id);
    this.id = id;
    this.panel = panel;
    this.chosen = chosen;
    this.names = [];
    this.list.addEventListener('keydown', (event) => this.onKey(event));
    this.list.addEventListener('wheel', ({ deltaY }) => { this.list.scrollLeft += deltaY; }, { passive: true });
  }

  /** @param {{name: string, title: string}[]} tabs */
  set(tabs) {
    if (tabs.map(({ name }) => name).join() === this.names.join()) return;
    this.names = tabs.map(({ name }) => name);
    this.list.replaceChildren(...tabs.map(({ name, title }) => {
      const number = element('span', { class: 'number' });
      const tab = element('button', { type: 'button', id: `${this.id}-${slug(name)}`, role: 'tab' }, title, number);
      tab.setAttribute('aria-controls', this.panel);
      tab.addEventListener('click', () => this.chosen(name));
      return tab;
    }));
  }

  tab(name) {
    return this.list.children[this.names.indexOf(name)];
  }

  /** Show which one is chosen, without telling anybody. */
  mark(name) {
    this.now = name;
    for (const tab of this.list.children) {
      const is = tab === this.tab(name);
      tab.setAttribute('aria-selected', is);
      tab.tabIndex = is ? 0 : -1;
    }
    this.tab(name)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    byId(this.panel).setAttribute('aria-labelledby', `${this.id}-${slug(name)}`);
  }

  number(name, text) {
    setText(this.tab(name).lastChild, text);
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const { length } = this.names;
    const next = this.names[(this.names.indexOf(this.now) + step + length) % length];
    this.chosen(next);
    this.tab(next).focus();
    event.preventDefault();
  }
}
