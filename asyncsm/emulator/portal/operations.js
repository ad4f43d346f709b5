// The timeline: a row for each operation, with a bar from its acceptance to its end.

import { get } from './api.js';
import { Axis } from './axis.js';
import { byId, copy, element, invalidate, setClass, setText, throttled } from './dom.js';
import { duration, moment, names, plural, seconds } from './format.js';
import { PAGE, PagedSource } from './paged_source.js';
import { VirtualList } from './virtual_list.js';

const REFRESH = 400; // milliseconds

/** The operations on the server, oldest first, kept up to date by events. */
class OperationsSource extends PagedSource {
  clear() {
    super.clear();
    this.byId = new Map();
  }

  taken(items) {
    for (const each of items) this.byId.set(each.request_id, each);
    return items;
  }

  /** Take note of what an event said; whether that was news of one that is shown. */
  patch(operation) {
    const known = this.byId.get(operation.request_id);
    if (!known) return false;
    delete known.progress;
    Object.assign(known, operation);
    return true;
  }

  /** Show a new one at once; how many there are is asked for afterwards. */
  append(operation) {
    if (this.patch(operation)) return;
    const page = this.pages.get(Math.floor(this.size / PAGE));
    if (page && page.items.length === this.size % PAGE) {
      page.items.push(...this.taken([operation]));
      this.size += 1;
    }
  }
}

export class Timeline {
  /**
   * @param {object} view filter, subscription and clock of the page
   * @param {(operation: object) => void} spoil called to set a fault for such operations
   */
  constructor(view, spoil) {
    this.view = view;
    this.spoil = spoil;
    this.pendingOnly = false;
    this.pendingCount = 0;
    this.axis = null;
    this.source = new OperationsSource((offset, limit) => this.fetch(offset, limit), () => this.redraw());
    this.list = new VirtualList('timeline', {
      source: this.source,
      newestFirst: true,
      create: makeRow,
      update: (row, operation) => this.fill(row, operation),
      chosen: (operation) => this.choose(operation),
      shown: (first, last) => this.fit(first, last),
    });
    this.refresh = throttled(REFRESH, () => this.recount());
    byId('under-way').addEventListener('click', (event) => {
      this.pendingOnly = !this.pendingOnly;
      event.currentTarget.setAttribute('aria-pressed', this.pendingOnly);
      this.restart();
    });
  }

  fetch(offset, limit) {
    const { filter, subscription } = this.view;
    return get('operations', { filter, subscription, offset, limit, status: this.pendingOnly ? 'InProgress' : '' });
  }

  /** Begin anew, with another filter or another emulator. */
  restart() {
    this.source.clear();
    this.list.restart();
    this.choose(undefined);
    this.refresh();
  }

  async recount() {
    const { filter, subscription } = this.view;
    try {
      await this.source.load(Math.max(0, Math.floor((this.source.size - 1) / PAGE)));
      const pending = await get('operations', { filter, subscription, status: 'InProgress', limit: 1 });
      this.pendingCount = pending.total;
    } catch {
      return; // the connection's state is shown elsewhere, and its return begins anew
    }
    this.redraw();
  }

  /** Take note of an event about an operation. */
  happened(operation) {
    const isNew = !this.source.byId.has(operation.request_id);
    if (isNew && this.concerns(operation)) this.source.append(operation);
    else this.source.patch(operation);
    if (this.chosen?.request_id === operation.request_id) this.choose(this.chosen);
    if (this.pendingOnly && operation.status !== 'InProgress') this.source.expire();
    this.refresh();
    this.redraw();
  }

  /** The same choice as the server's. */
  concerns(operation) {
    const { filter, subscription } = this.view;
    const text = filter.toLowerCase();
    const texts = [operation.name, operation.object_path, operation.request_id, operation.subscription];
    return (!subscription || subscription === operation.subscription)
      && (!this.pendingOnly || operation.status === 'InProgress')
      && (!text || texts.some((each) => each.toLowerCase().includes(text)));
  }

  redraw() {
    const { size, known } = this.source;
    byId('operations-empty').hidden = !known || size > 0 || Boolean(this.view.filter) || this.pendingOnly;
    const pending = this.pendingCount ? `, ${this.pendingCount} under way` : '';
    setText(byId('operations-count'), known ? `${plural(size, 'operation')}${this.pendingOnly ? '' : pending}` : '');
    invalidate(this.list);
  }

  /** Choose an axis for the rows in view. */
  fit(first, last) {
    const now = this.view.clock.now();
    const spans = [];
    let running = false;
    for (let index = first; index <= last; index += 1) {
      const operation = this.source.get(this.list.turn(index));
      if (!operation) continue;
      spans.push(span(operation, now));
      running ||= operation.status === 'InProgress';
    }
    if (spans.length) this.setAxis(new Axis(spans));
    if (running && this.view.clock.runs) this.follow();
  }

  /** Redraw as time passes: each frame, or once a second for who does not like movement. */
  follow() {
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) requestAnimationFrame(() => invalidate(this.list));
    else this.timer ??= setTimeout(() => { this.timer = undefined; invalidate(this.list); }, 1000);
  }

  setAxis(axis) {
    const width = byId('scale').clientWidth;
    if (this.axis?.key === axis.key && this.width === width) return;
    Object.assign(this, { axis, width });
    const ticks = axis.ticks(width).map(({ left, text }) => {
      const tick = element('span', { class: 'tick' }, text);
      tick.style.left = `${left}%`;
      return tick;
    });
    const pauses = axis.pauses().map(({ left, width, text }) => {
      const pause = element('span', { class: 'pause', title: `${text} in which nothing shown here went on` }, '⋯');
      pause.style.left = `${left}%`;
      pause.style.width = `${width}%`;
      return pause;
    });
    byId('scale').replaceChildren(...pauses, ...ticks);
  }

  fill(row, operation) {
    const [mark, title, object, bar, note, took] = row.parts;
    if (!operation) {
      setClass(row, 'row loading');
      setText(title, '…');
      for (const part of [object, note, took]) setText(part, '');
      bar.style.width = '0';
      return;
    }
    const [from, to] = span(operation, this.view.clock.now());
    setClass(row, `row ${operation.status}`);
    setText(mark, { InProgress: '●', Succeeded: '✓', Failed: '✕' }[operation.status]);
    setText(title, operation.name);
    setText(object, names(operation.object_path));
    this.draw(bar, note, this.axis?.at(from) ?? 0, this.axis?.at(to) ?? 0);
    setText(note, operation.progress ?? operation.error_code ?? '');
    setText(took, operation.lasting || operation.status === 'InProgress' ? duration(to - from) : 'at once');
    row.title = `${operation.name} ${operation.status}\n/${operation.object_path}\n${operation.request_id}`;
  }

  /** Draw a bar, and beside it, where there is more room, the place for what is to be said about it. */
  draw(bar, note, left, right) {
    bar.style.left = `${left}%`;
    bar.style.width = `${right - left}%`;
    const before = left > 100 - right;
    note.style.left = before ? '0' : `${right}%`;
    note.style.right = before ? `${100 - left}%` : '0';
    note.style.textAlign = before ? 'right' : 'left';
  }

  choose(operation) {
    this.chosen = operation;
    const pane = byId('operation');
    pane.hidden = !operation;
    if (!operation) return;
    const fact = (name, value) => element('div', {}, element('dt', {}, name), element('dd', {}, value));
    const id = element('button', { type: 'button', class: 'link', title: 'Copy' }, operation.request_id);
    id.addEventListener('click', () => copy(operation.request_id, id));
    const spoil = element('button', { type: 'button' }, 'Make such operations fail…');
    spoil.addEventListener('click', () => this.spoil(operation));
    const facts = [
      fact('Request id', id),
      fact('Changes', `/${operation.object_path}`),
      fact('Accepted', moment(seconds(operation.started))),
    ];
    if (operation.completed) facts.push(fact('Ended', moment(seconds(operation.completed))));
    if (operation.progress) facts.push(fact('So far', operation.progress));
    if (operation.error_code) facts.push(fact(operation.error_code, operation.error_message));
    pane.replaceChildren(
      element(
        'header',
        {},
        element('h3', {}, operation.name),
        element('span', { class: `badge ${operation.status}` }, operation.status),
        spoil,
      ),
      element('dl', {}, ...facts),
    );
  }
}

/** From when to when an operation is drawn. */
function span(operation, now) {
  const from = seconds(operation.started);
  return [from, operation.completed ? seconds(operation.completed) : Math.max(from, now)];
}

function makeRow() {
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const title = element('span', { class: 'title' });
  const object = element('span', { class: 'object' });
  const note = element('span', { class: 'note' });
  const bar = element('span', { class: 'stroke' });
  const took = element('span', { class: 'took' });
  const row = element(
    'div',
    {},
    mark,
    element('span', { class: 'what' }, title, object),
    element('span', { class: 'track' }, bar, note),
    took,
  );
  row.parts = [mark, title, object, bar, note, took];
  return row;
}
