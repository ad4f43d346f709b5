// Words for people.

const two = (number) => String(number).padStart(2, '0');

/** `2015-07-01 00:00:00`, in UTC, of seconds since 1970. */
export function moment(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** `00:00:00`, or `00:00` where seconds do not matter. */
export function timeOfDay(seconds, withSeconds = true) {
  return new Date(seconds * 1000).toISOString().slice(11, withSeconds ? 19 : 16);
}

/** `52 s`, `2:31 min`, `1:02 h`. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
  return `${Math.round(whole / 86400)} days`;
}

/** Seconds since 1970 of a moment as the control port writes it. */
export const seconds = (text) => Date.parse(text) / 1000;

export const count = (number) => number.toLocaleString('en');

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

const COLLECTIONS = new Set([
  'services', 'hostedservices', 'deployments', 'deploymentslots', 'roleinstances', 'roles', 'storageservices',
  'disks', 'images', 'vmimages', 'networking', 'certificates', 'affinitygroups',
]);

/** The names in a path, without those of the collections they are in. */
export function names(path) {
  const parts = path.split('/').filter((part) => part && !COLLECTIONS.has(part.toLowerCase()));
  return parts.join(' / ') || path;
}

// Words of services differ in their case: jobs are `enabled`, traffic profiles `Enabled`.
const words = (text) => new Set(text.toLowerCase().split(' '));
const WELL = words(
  'ReadyRole Started Running Created Succeeded Ready Normal Active Provisioned Enabled Watching Completed');
const OFF = words('StoppedVM StoppedDeallocated Stopped Suspended Disabled Inactive NotProvisioned');
const ILL = words(
  'CyclingRole FailedStartingRole FailedStartingVM UnresponsiveRole ProvisioningFailed ProvisioningTimeout Failed '
  + 'Faulted Degraded Error Raised');

/** Which colour a state has: `good`, `off`, `bad`, or `busy` for all that is on its way. */
export function tone(state) {
  const word = state?.toLowerCase();
  if (WELL.has(word)) return 'good';
  if (OFF.has(word)) return 'off';
  return ILL.has(word) ? 'bad' : 'busy';
}

/** The colour for several states together. */
export function toneOfAll(states) {
  const tones = new Set(states.map(tone));
  return ['bad', 'busy', 'good', 'off'].find((each) => tones.has(each)) ?? 'off';
}

const ACRONYMS = { gb: 'GB', id: 'id', ip: 'IP', ips: 'IPs', os: 'OS', vip: 'VIP', url: 'URL', dns: 'DNS' };

/** The name of a field as a heading: `Size GB` of `size_gb`. */
export function label(name) {
  const text = name.split('_').map((word) => ACRONYMS[word] ?? word).join(' ');
  return text[0].toUpperCase() + text.slice(1);
}

/** A value as text; a list as its values, or the names of its objects. */
export function listed(value) {
  if (Array.isArray(value)) return value.map((each) => each.name ?? listed(each)).join(', ');
  if (typeof value === 'number') return value < 100_000 ? String(value) : count(value); // a port has no comma
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return /^\d{4}-\d\d-\d\dT/.test(value) ? moment(seconds(value)) : String(value);
}

/** A template with the item's fields in it; null if one of them is null. */
export function filled(template, item) {
  const fields = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => item[name]);
  return fields.some((value) => value == null) ? null : template.replace(/\{(\w+)\}/g, (_, name) => listed(item[name]));
}
