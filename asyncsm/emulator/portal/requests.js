// What was asked of the emulator: the last requests, newest first.

import { get } from './api.js';
import { byId, element, invalidate, setClass, setText } from './dom.js';
import { count } from './format.js';
import { VirtualList } from './virtual_list.js';

const KEPT = 1000;

export class Requests {
  /** @param {object} view filter and subscription of the page */
  constructor(view) {
    this.view = view;
    this.entries = [];
    this.matching = [];
    this.total = 0;
    const requests = this;
    this.list = new VirtualList('requests', {
      source: {
        get size() { return requests.matching.length; },
        get: (position) => this.matching[position],
        need: () => {},
      },
      newestFirst: true,
      create: makeRow,
      update: fill,
    });
  }

  async load() {
    const { requests } = await get('requests');
    this.entries = requests;
    this.total = requests.at(-1)?.number ?? 0;
    this.restart();
  }

  /** Choose again what matches the filter. */
  restart() {
    this.matching = this.entries.filter((each) => this.concerns(each));
    this.list.restart();
    this.redraw();
  }

  concerns(entry) {
    const { filter, subscription } = this.view;
    const text = filter.toLowerCase();
    const texts = [entry.path, entry.operation ?? '', entry.request_id, entry.method];
    return (!subscription || entry.path.toLowerCase().startsWith(`/${subscription}`))
      && (!text || texts.some((each) => each.toLowerCase().includes(text)));
  }

  /** Take note of a new request. */
  add(entry) {
    if (entry.number <= this.total) return;
    this.total = entry.number;
    this.entries.push(entry);
    if (this.concerns(entry)) this.matching.push(entry);
    if (this.entries.length > 2 * KEPT) {
      this.entries.splice(0, KEPT);
      this.matching = this.entries.filter((each) => this.concerns(each));
    }
    this.redraw();
  }

  redraw() {
    byId('requests-empty').hidden = this.entries.length > 0;
    setText(byId('requests-count'), this.total ? count(this.total) : '');
    invalidate(this.list);
  }
}

function fill(row, entry) {
  const [method, what, status, path, took] = row.parts;
  const good = entry.status !== null && entry.status < 400;
  setClass(row, `row${entry.faults.length ? ' struck' : ''}`);
  setText(method, entry.method);
  setText(what, entry.operation ?? (entry.status === 501 ? 'not emulated' : 'no operation'));
  setText(status, entry.status === null ? 'none' : String(entry.status));
  setClass(status, `status ${good ? 'good' : 'bad'}`);
  const short = entry.path.replace(/^\/[0-9a-f-]{36}(?=\/)/i, ''); // whose it is, is chosen above
  setText(path, entry.faults.length ? `${entry.faults.join(', ')} · ${short}` : short);
  setText(took, `${entry.milliseconds.toFixed(1)} ms`);
  row.title = `${entry.method} ${entry.path}\n${entry.request_id}`;
}

function makeRow() {
  const [method, what, status, path, took] = ['method', 'what', 'status', 'path', 'took'].map((name) => (
    element('span', { class: name })
  ));
  const row = element('div', {}, method, what, status, path, took);
  row.parts = [method, what, status, path, took];
  return row;
}
