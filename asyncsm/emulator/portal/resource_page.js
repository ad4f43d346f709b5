// A page for one resource: its facts, the operations on it, and what the service answers about it.
// It has an address of its own (what follows the # in the page's), so it can be kept and sent to others.

import { get } from './api.js';
import { page, read } from './details.js';
import { byId, copy, element, setText, throttled } from './dom.js';
import { count, duration, moment, seconds } from './format.js';
import { pretty } from './xml.js';

const REFRESH = 1000; // milliseconds
const OPERATIONS = 50;

export class ResourcePage {
  constructor() {
    this.kinds = [];
    this.dialog = byId('page');
    this.refresh = throttled(REFRESH, () => this.renew());
    byId('page-close').addEventListener('click', () => this.dialog.close());
    byId('copy-document').addEventListener('click', (event) => copy(this.text, event.currentTarget));
    this.dialog.addEventListener('close', () => this.leave());
    window.addEventListener('hashchange', () => this.follow());
  }

  /** The kinds there are; with them the page's address can be understood. */
  setKinds(kinds) {
    this.kinds = kinds;
    this.follow();
  }

  /** Go to the page of a resource. */
  open(kind, { name, path, subscription }) {
    location.hash = new URLSearchParams({ kind: kind.name, name, path, subscription });
  }

  /** Show what the address says. */
  follow() {
    const wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    this.kind = this.kinds.find(({ name }) => name === wanted.kind);
    this.item = this.kind && wanted;
    if (!this.item) {
      this.dialog.close();
      return;
    }
    for (const id of ['page-facts', 'page-operations', 'page-document']) byId(id).replaceChildren();
    this.text = undefined;
    byId('page-answer').hidden = true;
    byId('page-gone').hidden = true;
    setText(byId('page-title'), this.kind.noun);
    if (!this.dialog.open) this.dialog.showModal();
    this.refresh();
  }

  /** Leave the address, too, unless it was left first, or leads to another page by now. */
  leave() {
    if (!this.item || this.dialog.open) return;
    this.item = undefined;
    history.pushState(null, '', location.pathname);
  }

  async renew() {
    const { item, kind } = this;
    if (!item) return;
    const found = await read(kind, item).catch(() => undefined);
    if (item !== this.item) return;
    byId('page-gone').hidden = Boolean(found);
    setText(byId('page-gone'), found ? '' : `There is no ${kind.noun} ${item.name} any more.`);
    if (found) byId('page-facts').replaceChildren(...page(kind, found));
    await Promise.all([this.showOperations(item), found && item.path && this.showDocument(item)]).catch(() => {});
  }

  async showOperations(item) {
    byId('page-history').hidden = !item.path;
    if (!item.path) return;
    const wanted = { below: item.path, subscription: item.subscription, limit: OPERATIONS };
    let { items, total } = await get('operations', wanted);
    if (total > OPERATIONS) ({ items, total } = await get('operations', { ...wanted, offset: total - OPERATIONS }));
    if (item !== this.item) return;
    const nothing = element('p', { class: 'quiet' }, 'None.');
    byId('page-operations').replaceChildren(...(total ? items.reverse().map(operationRow) : [nothing]));
    setText(byId('page-operations-count'), total > OPERATIONS ? `the last ${OPERATIONS} of ${count(total)}` : '');
  }

  async showDocument(item) {
    const { name, path, subscription } = item;
    const answer = await get('document', { kind: this.kind.name, name, path, subscription });
    if (item !== this.item) return;
    byId('page-answer').hidden = false;
    setText(byId('page-path'), `GET /${answer.path}`);
    if (answer.text === this.text) return;
    this.text = answer.text;
    byId('page-document').replaceChildren(...pretty(answer.text, answer.content_type));
  }
}

function operationRow(operation) {
  const { started, completed, lasting, status } = operation;
  const took = completed ? duration(seconds(completed) - seconds(started)) : operation.progress ?? 'under way';
  const more = operation.error_message ?? (lasting || !completed ? took : 'at once');
  return element(
    'div',
    { class: `operation ${status}`, title: operation.request_id },
    element('span', { class: 'badge ' + status }, status),
    element('strong', {}, operation.name),
    element('span', { class: 'quiet' }, moment(seconds(started))),
    element('span', { class: 'quiet' }, more),
  );
}
