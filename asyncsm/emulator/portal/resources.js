// What there is: a tab for each kind of resource the emulator knows of, with the columns it names.

import { get } from './api.js';
import { page } from './details.js';
import { byId, element, invalidate, setClass, setText, throttled } from './dom.js';
import { count, filled, tone, toneOfAll } from './format.js';
import { PagedSource } from './paged_source.js';
import { VirtualList } from './virtual_list.js';

const REFRESH = 500; // milliseconds
const COLUMNS = 3;
const NOTHING = { text: '' };

/** How a cell is drawn, by the style of its column. */
const STYLES = {
  text: textCell,
  state: (column, item) => ({ ...textCell(column, item), tone: tone(filled(column.text, item)) }),
  use: (column, item) => {
    const { text, note } = textCell(column, item);
    return { text: text.split('/').join(' / '), note, tone: filled(column.text, item) ? 'good' : 'off' };
  },
  slot: (column, item) => slotCell(item, column.text),
};

function textCell({ text, note, otherwise }, item) {
  return { text: filled(text, item) ?? otherwise, note: filled(note, item) ?? '' };
}

function slotCell(service, slot) {
  const found = service.slots.find((each) => each.slot === slot);
  if (!found) return { text: '–', note: slot, tone: 'none' };
  const states = Object.keys(found.instances);
  const ready = found.instances.ReadyRole ?? 0;
  const all = Object.values(found.instances).reduce((sum, each) => sum + each, 0);
  if (found.status !== 'Running') return { text: found.status, note: slot, tone: tone(found.status) };
  return { text: `${ready} of ${all} ready`, note: slot, tone: toneOfAll(states) };
}

export class Resources {
  /** @param {object} view filter and subscription of the page */
  constructor(view) {
    this.view = view;
    this.kinds = [];
    this.kind = null;
    this.overview = null;
    this.tabs = [];
    this.source = new PagedSource((offset, limit) => this.fetch(offset, limit), () => this.redraw());
    this.list = new VirtualList('resources', {
      source: this.source,
      create: makeRow,
      update: (row, item) => this.fill(row, item),
      chosen: (item) => this.choose(item),
    });
    this.refresh = throttled(REFRESH, () => this.renew());
    byId('tabs').addEventListener('keydown', (event) => this.onKey(event));
  }

  fetch(offset, limit) {
    const { filter, subscription } = this.view;
    return get(this.kind.name, { filter, subscription, offset, limit });
  }

  /** Make a tab for each kind; what was chosen stays so, if it is still there. */
  setKinds(kinds) {
    this.kinds = kinds;
    this.kind = kinds.find(({ name }) => name === this.kind?.name) ?? kinds[0];
    this.tabs = kinds.map((kind) => {
      const tab = element('button', { type: 'button', id: `tab-${kind.name}`, role: 'tab' }, kind.title, element('span', { class: 'number' }));
      tab.setAttribute('aria-controls', 'resource-panel');
      tab.addEventListener('click', () => this.show(kind));
      return tab;
    });
    byId('tabs').replaceChildren(...this.tabs);
    this.markTabs();
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (this.kinds.indexOf(this.kind) + step + this.kinds.length) % this.kinds.length;
    this.show(this.kinds[next]);
    this.tabs[next].focus();
    event.preventDefault();
  }

  markTabs() {
    if (!this.kind) return;
    const own = this.overview?.filter((each) => !this.view.subscription || each.id === this.view.subscription);
    this.kinds.forEach((kind, index) => {
      const tab = this.tabs[index];
      tab.setAttribute('aria-selected', kind === this.kind);
      tab.tabIndex = kind === this.kind ? 0 : -1;
      setText(tab.lastChild, own ? count(own.reduce((sum, each) => sum + each.resources[kind.name], 0)) : '');
    });
    byId('resource-panel').setAttribute('aria-labelledby', `tab-${this.kind.name}`);
    byId('resources').setAttribute('aria-label', this.kind.title);
  }

  show(kind) {
    this.kind = kind;
    this.markTabs();
    this.tabs[this.kinds.indexOf(kind)].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.restart();
  }

  /** How much each subscription has. */
  setOverview(subscriptions) {
    this.overview = subscriptions;
    this.markTabs();
  }

  /** Begin anew, with another filter or another emulator. */
  restart() {
    this.source.clear();
    this.list.restart();
    this.choose(undefined);
    this.refresh();
  }

  async renew() {
    this.source.expire();
    try {
      if (!this.source.known || this.source.size === 0) await this.source.load(0);
    } catch {
      return; // the connection's state is shown elsewhere, and its return begins anew
    }
    await this.showChosen();
    this.redraw();
  }

  redraw() {
    const { known, size } = this.source;
    const nothing = byId('resources-empty');
    nothing.hidden = !known || size > 0;
    if (!nothing.hidden) {
      const plural = `${this.kind.noun}s`;
      const [lead, more] = this.view.filter
        ? ['Nothing has this in its name', `“${this.view.filter}”, among ${plural}`]
        : [`No ${plural}`, this.kind.empty];
      setText(nothing.children[0], lead);
      setText(nothing.children[1], more);
    }
    this.follow();
    invalidate(this.list);
  }

  /** Show the row that is active as it is now; if it has gone from its place, none is active any more. */
  follow() {
    const { active } = this.list;
    if (active === null || !this.source.known || (this.chosen && this.kind.has_pages)) return;
    const item = this.source.get(active);
    if (active >= this.source.size || (item && this.chosen && item.name !== this.chosen.name)) this.forget();
    else if (item && item !== this.chosen) this.choose(item);
  }

  fill(row, item) {
    const cells = item ? this.kind.columns.map((each) => STYLES[each.style](each, item)) : [{ text: '…' }];
    setClass(row, `row${item?.locked_by ? ' locked' : ''}`);
    row.parts.forEach(({ cell, text, note }, index) => {
      const shown = cells[index] ?? NOTHING;
      setClass(cell, `cell ${shown.tone ?? ''}`);
      setText(text, shown.text);
      setText(note, shown.note ?? '');
    });
    row.title = item?.locked_by ? `Held by the operation ${item.locked_by}` : '';
  }

  /** Have none chosen any more. */
  forget() {
    this.list.active = null;
    this.choose(undefined);
  }

  choose(item) {
    this.chosen = item;
    byId('resource-panel').classList.toggle('split-open', Boolean(item));
    byId('service').hidden = !item;
    this.showChosen();
  }

  /** Show the chosen resource as it is now; if there is none of its name any more, none is chosen. */
  async showChosen() {
    const { chosen, kind } = this;
    if (!chosen) return;
    let item = chosen;
    try {
      const { name, subscription } = chosen;
      if (kind.has_pages) item = await get(`${kind.name}/${encodeURIComponent(name)}`, { subscription });
    } catch {
      if (chosen === this.chosen) this.forget();
      return;
    }
    if (chosen !== this.chosen) return;
    const pane = byId('service');
    const { scrollTop } = pane;
    pane.replaceChildren(...page(kind, item));
    pane.scrollTop = scrollTop;
  }
}

function makeRow() {
  const parts = Array.from({ length: COLUMNS }, () => {
    const text = element('span', { class: 'text' });
    const note = element('span', { class: 'note' });
    return { cell: element('span', { class: 'cell' }, text, note), text, note };
  });
  const row = element('div', {}, ...parts.map((each) => each.cell));
  row.parts = parts;
  return row;
}
