// Calls of the control port.

/** A call was refused; the message says why. */
export class Refused extends Error {}

async function call(method, path, body) {
  let reply;
  try {
    reply = await fetch(path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    });
  } catch {
    throw new Refused('The emulator does not answer.');
  }
  const content = reply.status === 204 ? undefined : await reply.json();
  if (!reply.ok) throw new Refused(content.error);
  return content;
}

export const get = (path, parameters = {}) => {
  const given = Object.entries(parameters).filter(([, value]) => value !== '' && value != null);
  const query = new URLSearchParams(given).toString();
  return call('GET', query ? `${path}?${query}` : path);
};
export const post = (path, body) => call('POST', path, body);
export const remove = (path) => call('DELETE', path);

const NAMES = ['accepted', 'progress', 'ended', 'request', 'clock', 'fault', 'changed', 'reset', 'gap'];

/**
 * Listen to what happens.
 * @param {string} after id of the last event that is known
 * @param {(name: string, data: object) => void} happened
 * @param {(live: boolean, over: boolean) => void} changed called when the stream comes or goes; `over` for good
 */
export function listen(after, happened, changed) {
  const source = new EventSource(`events?after=${encodeURIComponent(after)}`);
  for (const name of NAMES) {
    source.addEventListener(name, (event) => happened(name, JSON.parse(event.data)));
  }
  source.onopen = () => changed(true, false);
  source.onerror = () => changed(false, source.readyState === EventSource.CLOSED);
  return source;
}
