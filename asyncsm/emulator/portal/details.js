// What the portal shows of one resource beside the list.

import { get } from './api.js';
import { element } from './dom.js';
import { count, label, listed, plural, tone } from './format.js';

const MOST_ROWS = 200;
const IN_THE_HEADER = new Set(['subscription', 'name', 'path', 'status', 'state']);

/** The parts of a kind that has a page of its own; all others are shown by `parts`. */
const PAGES = { 'hosted-services': serviceParts };

/** All facts of a resource as it is now; `undefined` or an error if there is none of its name and path. */
export async function read(kind, { name, path, subscription }) {
  if (kind.has_pages) return get(`${kind.name}/${encodeURIComponent(name)}`, { path, subscription });
  const { items } = await get(kind.name, { filter: name, path, subscription });
  return items.find((each) => each.name === name);
}

/** Header, facts and tables of a resource. */
export function page(kind, item) {
  const state = item.status ?? item.state;
  return [
    element(
      'header',
      {},
      element('h3', {}, item.name),
      state ? element('span', { class: `badge ${tone(state)}` }, state) : '',
    ),
    ...(PAGES[kind.name] ?? parts)(item),
  ];
}

/** Facts as a list; lists of objects as tables. */
function parts(item) {
  const facts = Object.entries(item).filter(([name, value]) => !IN_THE_HEADER.has(name) && value !== null && value !== '');
  const isTable = ([, value]) => typeof value[0] === 'object';
  return [
    element('dl', {}, ...facts.filter((each) => !isTable(each)).map(([name, value]) => (
      element('div', {}, element('dt', {}, label(name)), element('dd', {}, listed(value)))
    ))),
    ...facts.filter(isTable).flatMap(([name, rows]) => [element('h4', {}, label(name)), factsTable(rows)]),
  ];
}

function factsTable(rows) {
  const names = Object.keys(rows[0]);
  return table('facts', names.map(label), rows, (row) => names.map((name, index) => cell(index, listed(row[name] ?? '–'))));
}

function table(name, titles, rows, cells) {
  return element(
    'table',
    { class: name },
    element('thead', {}, element('tr', {}, ...titles.map((each) => element('th', { scope: 'col' }, each)))),
    element('tbody', {}, ...rows.slice(0, MOST_ROWS).map((row) => element('tr', {}, ...cells(row)))),
  );
}

function cell(index, text) {
  return index === 0 ? element('th', { scope: 'row' }, text) : element('td', {}, text);
}

function serviceParts(service) {
  return [
    element('p', { class: 'quiet' }, [service.location, service.affinity_group].filter(Boolean).join(', ')),
    ...service.deployments.map(deploymentPart),
    service.deployments.length === 0 ? element('p', { class: 'nothing' }, 'Both slots are free.') : '',
  ];
}

function deploymentPart(deployment) {
  const { instances } = deployment;
  const kind = deployment.virtual_machines ? 'virtual machine' : 'instance';
  const about = [plural(instances.length, kind), deployment.vip, deployment.locked_by && 'an operation holds it'];
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
    table('instances', ['Instance', 'Status', 'Power', 'Size', 'Address'], instances, instanceCells),
    instances.length > MOST_ROWS ? element('p', { class: 'quiet' }, `and ${count(instances.length - MOST_ROWS)} more`) : '',
  );
}

function instanceCells(instance) {
  return [
    cell(0, instance.name),
    element('td', { class: `state ${tone(instance.status)}` }, instance.status),
    element('td', { class: `state ${tone(instance.power_state)}` }, instance.power_state),
    cell(3, instance.size),
    cell(4, instance.ip_address ?? '–'),
  ];
}
