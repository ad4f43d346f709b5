// The portal of the emulator: puts its parts together, and tells them what happens.

import { get, listen, post } from './api.js';
import { Clock } from './clock.js';
import { Connect } from './connect.js';
import { byId, copy, element, setText, throttled } from './dom.js';
import { FaultSwitches } from './faults.js';
import { plural } from './format.js';
import { Timeline } from './operations.js';
import { Requests } from './requests.js';
import { ResourcePage } from './resource_page.js';
import { Resources } from './resources.js';

const RETRY = 2000; // milliseconds
const COUNT = 1000;
const TYPING = 150;

const view = { filter: '', subscription: '', clock: new Clock(complain) };
const faults = new FaultSwitches(complain);
const timeline = new Timeline(view, (operation) => faults.prepare(operation));
const resourcePage = new ResourcePage();
const resources = new Resources(view, (kind, item) => resourcePage.open(kind, item));
const requests = new Requests(view);
new Connect(view, complain);
let overview = null;
let source = null;
let live = false;

function complain(error) {
  const notice = byId('notice');
  setText(notice, error.message);
  notice.hidden = false;
  clearTimeout(complain.timer);
  complain.timer = setTimeout(() => { notice.hidden = true; }, 6000);
}

/** Read everything, and listen from there. */
async function begin() {
  source?.close();
  try {
    const [found, { kinds }] = await Promise.all([get('overview'), get('kinds')]);
    overview = found;
    resources.setKinds(kinds);
    resourcePage.setKinds(kinds);
  } catch {
    setConnection('no answer', 'bad');
    setTimeout(begin, RETRY);
    return;
  }
  showPlace();
  showCounts();
  view.clock.set(overview.clock);
  faults.set(overview);
  source = listen(overview.event, happened, connected);
  await reload();
}

async function reload() {
  timeline.restart();
  resources.restart();
  await requests.load();
}

function connected(isLive, isOver) {
  setConnection(isLive ? 'live' : 'reconnecting', isLive ? 'good' : 'busy');
  if (isLive && !live) view.clock.refresh().catch(complain);
  live = isLive;
  if (isOver) setTimeout(begin, RETRY);
}

function setConnection(text, tone) {
  const node = byId('connection');
  setText(node, text);
  node.className = `connection ${tone}`;
}

const recount = throttled(COUNT, async () => {
  try {
    overview = { ...overview, ...(await get('overview')) };
    showCounts();
  } catch {
    // The connection's state is shown, and its return begins anew.
  }
});

function somethingChanged() {
  resources.refresh();
  resourcePage.refresh();
  recount();
}

function happened(name, data) {
  switch (name) {
    case 'accepted':
    case 'progress':
    case 'ended':
      timeline.happened(data);
      somethingChanged();
      break;
    case 'changed':
      somethingChanged();
      break;
    case 'request':
      requests.add(data);
      break;
    case 'clock':
      view.clock.set(data);
      break;
    case 'fault':
      faults.happened(data.change, data.fault);
      break;
    default: // reset and gap: whatever is shown may be wrong
      begin();
  }
}

function showPlace() {
  setText(byId('url'), overview.url);
  const select = byId('subscription');
  const all = overview.subscriptions.length > 1 ? [element('option', { value: '' }, 'All subscriptions')] : [];
  select.replaceChildren(...all, ...overview.subscriptions.map(({ id, name }) => (
    element('option', { value: id, title: id }, name)
  )));
  select.value = [...select.options].some(({ value }) => value === view.subscription) ? view.subscription : select.options[0]?.value;
  view.subscription = overview.subscriptions.length > 1 ? select.value : '';
}

function showCounts() {
  const own = overview.subscriptions.filter((each) => !view.subscription || each.id === view.subscription);
  const sum = (name) => own.reduce((total, each) => total + each[name], 0);
  resources.setOverview(overview.subscriptions);
  setText(byId('counts'), [
    plural(sum('deployments'), 'deployment'),
    plural(sum('instances'), 'instance'),
    `${sum('cores_in_use')} of ${plural(sum('cores'), 'core')}`,
  ].join(' · '));
}

byId('url').addEventListener('click', (event) => copy(overview.url, event.currentTarget));

byId('subscription').addEventListener('change', (event) => {
  view.subscription = event.target.value;
  showCounts();
  timeline.restart();
  resources.restart();
  requests.restart();
});

let typing;
byId('filter').addEventListener('input', (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    view.filter = event.target.value.trim();
    timeline.restart();
    resources.restart();
    requests.restart();
  }, TYPING);
});

/** Let go of what was chosen in the panel that has the focus; if it is in none, of everything. */
function letGo() {
  const parts = [timeline, resources].filter(({ chosen }) => chosen);
  const near = parts.filter(({ list }) => list.viewport.closest('.panel').contains(document.activeElement));
  for (const { list } of near.length ? near : parts) list.forget();
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.target.closest('dialog, input, select')) letGo();
  if (event.key !== '/' || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest('input, select, textarea, dialog')) return;
  event.preventDefault();
  byId('filter').focus();
  byId('filter').select();
});

const confirm = byId('confirm-reset');
byId('reset').addEventListener('click', () => confirm.showModal());
byId('reset-no').addEventListener('click', () => confirm.close());
byId('reset-yes').addEventListener('click', async () => {
  confirm.close();
  try {
    await post('reset');
  } catch (error) {
    complain(error);
  }
});

begin();
