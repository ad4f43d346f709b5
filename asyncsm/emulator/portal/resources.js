// What there is: hosted services with their slots and instances, disks, images and storage accounts.

import { get } from './api.js';
import { byId, element, invalidate, setClass, setText, throttled } from './dom.js';
import { count, plural, tone, toneOfAll } from './format.js';
import { PagedSource } from './paged_source.js';
import { VirtualList } from './virtual_list.js';

const REFRESH = 500; // milliseconds
const MOST_INSTANCES = 200;

const KINDS = {
  'hosted-services': {
    title: 'Hosted services',
    number: 'hosted_services',
    empty: ['No hosted services', 'Services will stand here, with their slots and how many instances are ready.'],
    cells: (each) => [
      { text: each.name, note: each.location ?? each.affinity_group ?? '' },
      slotCell(each, 'Production'),
      slotCell(each, 'Staging'),
    ],
  },
  disks: {
    title: 'Disks',
    number: 'disks',
    empty: ['No disks', 'They come with virtual machines, or are added to a subscription.'],
    cells: (each) => [
      { text: each.name, note: each.media_link },
      { text: each.os ?? 'data', note: `${each.size_gb} GB` },
      each.attached_to ? { text: each.attached_to.split('/').join(' / '), tone: 'good' } : { text: 'free', tone: 'off' },
    ],
  },
  images: {
    title: 'Images',
    number: 'images',
    empty: ['No images of your own', 'The platform’s are there too, but not shown here.'],
    cells: (each) => [
      { text: each.name, note: each.label ?? '' },
      { text: each.kind, note: each.os ?? '' },
      { text: each.location ?? '' },
    ],
  },
  'storage-accounts': {
    title: 'Storage accounts',
    number: 'storage_accounts',
    empty: ['No storage accounts', 'Disks and packages need one: create_storage_account(…)'],
    cells: (each) => [
      { text: each.name, note: each.location ?? '' },
      { text: each.account_type },
      { text: each.status, tone: tone(each.status) },
    ],
  },
};

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
    this.kind = 'hosted-services';
    this.overview = null;
    this.source = new PagedSource((offset, limit) => this.fetch(offset, limit), () => this.redraw());
    this.list = new VirtualList('resources', {
      source: this.source,
      create: makeRow,
      update: (row, item) => this.fill(row, item),
      chosen: (item) => this.choose(item),
    });
    this.refresh = throttled(REFRESH, () => this.renew());
    this.makeTabs();
  }

  fetch(offset, limit) {
    const { filter, subscription } = this.view;
    return get(this.kind, { filter, subscription, offset, limit });
  }

  makeTabs() {
    this.tabs = Object.entries(KINDS).map(([kind, { title }]) => {
      const tab = element('button', { type: 'button', id: `tab-${kind}`, role: 'tab' }, title, element('span', { class: 'number' }));
      tab.setAttribute('aria-controls', 'resource-panel');
      tab.dataset.kind = kind;
      tab.addEventListener('click', () => this.show(kind));
      return tab;
    });
    byId('tabs').append(...this.tabs);
    byId('tabs').addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const now = this.tabs.findIndex((tab) => tab.dataset.kind === this.kind);
      const next = this.tabs[(now + step + this.tabs.length) % this.tabs.length];
      this.show(next.dataset.kind);
      next.focus();
      event.preventDefault();
    });
    this.markTabs();
  }

  markTabs() {
    for (const tab of this.tabs) {
      const is = tab.dataset.kind === this.kind;
      tab.setAttribute('aria-selected', is);
      tab.tabIndex = is ? 0 : -1;
      const { number } = KINDS[tab.dataset.kind];
      const own = this.overview?.filter((each) => !this.view.subscription || each.id === this.view.subscription);
      setText(tab.lastChild, own ? count(own.reduce((sum, each) => sum + each[number], 0)) : '');
    }
    byId('resource-panel').setAttribute('aria-labelledby', `tab-${this.kind}`);
    byId('resources').setAttribute('aria-label', KINDS[this.kind].title);
  }

  show(kind) {
    this.kind = kind;
    this.markTabs();
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
      if (this.chosen) await this.showService();
    } catch {
      return; // the connection's state is shown elsewhere, and its return begins anew
    }
    this.redraw();
  }

  redraw() {
    const { known, size } = this.source;
    const nothing = byId('resources-empty');
    nothing.hidden = !known || size > 0;
    if (!nothing.hidden) {
      const [lead, more] = this.view.filter
        ? ['Nothing has this in its name', `“${this.view.filter}”, among ${KINDS[this.kind].title.toLowerCase()}`]
        : KINDS[this.kind].empty;
      setText(nothing.children[0], lead);
      setText(nothing.children[1], more);
    }
    invalidate(this.list);
  }

  fill(row, item) {
    const cells = item ? KINDS[this.kind].cells(item) : [{ text: '…' }, { text: '' }, { text: '' }];
    setClass(row, `row ${this.kind}${item?.locked_by ? ' locked' : ''}`);
    row.parts.forEach(({ cell, text, note }, index) => {
      setClass(cell, `cell ${cells[index].tone ?? ''}`);
      setText(text, cells[index].text);
      setText(note, cells[index].note ?? '');
    });
    row.title = item?.locked_by ? `Held by the operation ${item.locked_by}` : '';
  }

  choose(item) {
    this.chosen = this.kind === 'hosted-services' ? item?.name : undefined;
    byId('resource-panel').classList.toggle('split-open', Boolean(this.chosen));
    byId('service').hidden = !this.chosen;
    if (this.chosen) this.showService().catch(() => this.choose(undefined));
  }

  async showService() {
    const name = this.chosen;
    const service = await get(`hosted-services/${encodeURIComponent(name)}`);
    if (name !== this.chosen) return;
    const pane = byId('service');
    const { scrollTop } = pane;
    pane.replaceChildren(
      element(
        'header',
        {},
        element('h3', {}, service.name),
        element('span', { class: `badge ${tone(service.status)}` }, service.status),
      ),
      element('p', { class: 'quiet' }, [service.location, service.affinity_group].filter(Boolean).join(', ')),
      ...service.deployments.map(deploymentPart),
    );
    if (service.deployments.length === 0) {
      pane.append(element('p', { class: 'nothing' }, 'Both slots are free.'));
    }
    pane.scrollTop = scrollTop;
  }
}

function deploymentPart(deployment) {
  const shown = deployment.instances.slice(0, MOST_INSTANCES);
  const more = deployment.instances.length - shown.length;
  const kind = deployment.virtual_machines ? 'virtual machine' : 'instance';
  const about = [plural(deployment.instances.length, kind), deployment.vip, deployment.locked_by && 'an operation holds it'];
  return element(
    'section',
    { class: 'deployment' },
    element(
      'h4',
      {},
      element('span', { class: 'slot' }, deployment.slot),
      deployment.name,
      ' ',
      element('span', { class: `badge ${tone(deployment.status)}` }, deployment.status),
    ),
    element('p', { class: 'quiet' }, about.filter(Boolean).join(' · ')),
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...['Instance', 'Status', 'Power', 'Size', 'Address'].map((each) => (
        element('th', { scope: 'col' }, each)
      )))),
      element('tbody', {}, ...shown.map(instanceRow)),
    ),
    more > 0 ? element('p', { class: 'quiet' }, `and ${count(more)} more`) : '',
  );
}

function instanceRow(instance) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, instance.name),
    element('td', { class: `state ${tone(instance.status)}` }, instance.status),
    element('td', { class: `state ${tone(instance.power_state)}` }, instance.power_state),
    element('td', {}, instance.size),
    element('td', {}, instance.ip_address ?? '–'),
  );
}

function makeRow() {
  const parts = [0, 1, 2].map(() => {
    const text = element('span', { class: 'text' });
    const note = element('span', { class: 'note' });
    return { cell: element('span', { class: 'cell' }, text, note), text, note };
  });
  const row = element('div', {}, ...parts.map((each) => each.cell));
  row.parts = parts;
  return row;
}
