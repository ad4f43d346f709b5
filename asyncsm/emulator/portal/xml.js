// Documents of the service, with a line for each element, for people.

import { element } from './dom.js';

const INDENT = '  ';
const COLOURED = 300_000; // characters; a longer document is shown as plain text

/** A document as nodes: XML and JSON indented, anything else as it is. */
export function pretty(text, type) {
  if (/json/.test(type)) return [JSON.stringify(JSON.parse(text), null, 2)];
  if (!/xml/.test(type) || text.length > COLOURED) return [text];
  const parsed = new DOMParser().parseFromString(text.replace(/^\ufeff/, ''), 'application/xml');
  if (parsed.querySelector('parsererror')) return [text];
  return [...lines(parsed.documentElement, '')];
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const tag = (text) => element('span', { class: 'tag' }, text);

function* lines(node, indent) {
  const attributes = [...node.attributes].map(({ name, value }) => ` ${name}="${escaped(value)}"`).join('');
  const start = `${indent}<${node.nodeName}${attributes}`;
  const text = node.textContent.trim();
  if (node.children.length > 0) {
    yield tag(`${start}>\n`);
    for (const child of node.children) yield* lines(child, indent + INDENT);
    yield tag(`${indent}</${node.nodeName}>\n`);
  } else if (text) {
    yield tag(`${start}>`);
    yield escaped(text);
    yield tag(`</${node.nodeName}>\n`);
  } else yield tag(`${start}/>\n`);
}
