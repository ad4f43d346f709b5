// What there is: a tab for each kind of resource the emulator knows of, with the columns it names.

import { get } from './api.js';
import { Columns } from './columns.js';
import { page, read } from './details.js';
import { byId, element, invalidate, setClass, setText, throttled } from './dom.js';
import { count, filled, tone, toneOfAll } from './format.js';
import { PagedSource } from './paged_source.js';
import { Tabs } from './tabs.js';
import { VirtualList } from './virtual_list.js';

const REFRESH = 500; // milliseconds
const COLUMNS = 3;
const NARROW = matchMedia('(max-width: 960px)'); // as in the style sheet: there is no room beside the list
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
  const note = found.migration ? `${slot}, migration: ${found.migration}` : slot;
  const states = Object.keys(found.instances);
  const ready = found.instances.ReadyRole ?? 0;
  const all = Object.values(found.instances).reduce((sum, each) => sum + each, 0);
  if (found.status !== 'Running') return { text: found.status, note, tone: tone(found.status) };
  return { text: `${ready} of ${all} ready`, note, tone: toneOfAll(states) };
}

const same = (one, other) => one.name === other.name && one.path === other.path && one.subscription === other.subscription;

export class Resources {
  /**
   * @param {object} view filter and subscription of the page
   * @param {(kind: object, item: object) => void} open called to show the page of a resource
   */
  constructor(view, open) {
    this.view = view;
    this.open = open;
    this.kinds = [];
    this.kind = null;
    this.overview = null;
    this.last = new Map(); // the kind that was shown last, by group
    this.groups = new Tabs('groups', 'group', (group) => this.show(this.last.get(group)));
    this.tabs = new Tabs('tab', 'resource-panel', (name) => this.show(this.kinds.find((each) => each.name === name)));
    this.columns = new Columns('columns', () => this.restart());
    this.source = new PagedSource((offset, limit) => this.fetch(offset, limit), () => this.redraw());
    this.list = new VirtualList('resources', {
      source: this.source,
      create: makeRow,
      update: (row, item) => this.fill(row, item),
      chosen: (item) => this.choose(item),
      opened: (item, byMouse) => { if (!byMouse || NARROW.matches) this.open(this.kind, item); },
    });
    this.refresh = throttled(REFRESH, () => this.renew());
    byId('open-page').addEventListener('click', () => this.open(this.kind, this.chosen));
  }

  fetch(offset, limit) {
    const { filter, subscription } = this.view;
    return get(this.kind.name, { filter, subscription, offset, limit, ...this.columns.order });
  }

  /** Make a tab for each kind; what was chosen stays so, if it is still there. */
  setKinds(kinds) {
    this.kinds = kinds;
    for (const kind of [...kinds].reverse()) this.last.set(kind.group, kind);
    const groups = [...new Set(kinds.map(({ group }) => group))];
    this.groups.set(groups.map((group) => ({ name: group, title: group })));
    this.mark(kinds.find(({ name }) => name === this.kind?.name) ?? kinds[0]);
  }

  mark(kind) {
    this.kind = kind;
    this.last.set(kind.group, kind);
    this.groups.mark(kind.group);
    this.tabs.set(this.kinds.filter(({ group }) => group === kind.group));
    this.tabs.mark(kind.name);
    this.columns.set(kind);
    byId('resources').setAttribute('aria-label', kind.title);
    this.showNumbers();
  }

  showNumbers() {
    const own = this.overview?.filter((each) => !this.view.subscription || each.id === this.view.subscription);
    if (!own || !this.kind) return;
    const numberOf = (kind) => own.reduce((sum, each) => sum + each.resources[kind.name], 0);
    for (const group of this.groups.names) {
      const all = this.kinds.filter((kind) => kind.group === group).reduce((sum, kind) => sum + numberOf(kind), 0);
      this.groups.number(group, all ? count(all) : '');
    }
    for (const name of this.tabs.names) this.tabs.number(name, count(numberOf(this.kinds.find((kind) => kind.name === name))));
  }

  show(kind) {
    this.mark(kind);
    this.restart();
  }

  /** How much each subscription has. */
  setOverview(subscriptions) {
    this.overview = subscriptions;
    this.showNumbers();
  }

  /** Begin anew, with another filter, another order or another emulator. */
  restart() {
    this.source.clear();
    this.list.restart();
    this.choose(undefined);
    this.renew(); // at once: somebody waits for it
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

  /** Mark the row of what is chosen, wherever it stands now, and show it as it is now. */
  follow() {
    if (!this.chosen || !this.source.known) return;
    const position = this.source.find((each) => same(each, this.chosen));
    this.list.active = position;
    if (position !== null && !this.kind.has_pages) this.chosen = this.source.get(position);
  }

  fill(row, item) {
    const cells = item ? this.kind.columns.map((each) => STYLES[each.style](each, item)) : [{ text: '…' }];
    setClass(row, `row${item?.locked_by ? ' locked' : ''}`);
    row.parts.forEach(({ cell, text, note }, index) => {
      const shown = cells[index] ?? NOTHING;
      setClass(cell, `cell ${shown.tone ?? ''} by-${this.kind.columns[index]?.style}`);
      setText(text, shown.text);
      setText(note, shown.note ?? '');
    });
    row.title = item?.locked_by ? `Held by the operation ${item.locked_by}` : '';
  }

  choose(item) {
    this.chosen = item;
    byId('resource-panel').classList.toggle('split-open', Boolean(item));
    byId('chosen').hidden = !item;
    this.showChosen();
  }

  /** Show the chosen resource as it is now; if it is there no more, none is chosen. */
  async showChosen() {
    const { chosen, kind } = this;
    if (!chosen) return;
    const item = await read(kind, chosen).catch(() => undefined);
    if (!this.chosen || !same(chosen, this.chosen)) return;
    if (!item) {
      this.list.forget();
      return;
    }
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
