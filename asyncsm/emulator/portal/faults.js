// The switches for what goes wrong on purpose.

import { get, post, remove } from './api.js';
import { byId, element, setText } from './dom.js';
import { plural } from './format.js';

const MEANINGS = {
  307: 'Nothing is done; the client is sent to another host, here the same one.',
  409: 'Nothing is done; another operation is in the way. Changes only.',
  500: 'Nothing is done: InternalError.',
  '500-after': 'It is done, but the client is told InternalError.',
  503: 'Nothing is done: ServerBusy.',
  throttled: 'Nothing is done: TooManyRequests.',
  'reset-before': 'Nothing is done; the connection is reset.',
  'reset-after': 'It is done, but the connection is reset before the answer.',
  'lost-reply': 'It is done, and no answer ever comes.',
  truncated: 'It is done; half of the answer comes.',
  garbage: 'It is done; the answer is no XML.',
  slow: 'It is done; the answer takes that many seconds.',
  stuck: 'The operation stays InProgress, for that many seconds longer or until this is off.',
  fail: 'The operation is accepted, and fails in the end.',
};

export class FaultSwitches {
  /** @param {(error: Error) => void} complain */
  constructor(complain) {
    this.complain = complain;
    this.kinds = new Map();
    this.faults = new Map();
    this.form = byId('fault-form');
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.add();
    });
    this.form.elements.kind.addEventListener('change', () => this.explain());
    byId('faults-off').addEventListener('click', () => this.attempt(() => remove('faults')));
  }

  /** What there is to choose from, and what is set. */
  set(overview) {
    const before = this.form.elements.kind.value;
    this.kinds = new Map(overview.fault_kinds.map((each) => [each.kind, each.parameters]));
    this.form.elements.kind.replaceChildren(...overview.fault_kinds.map(({ kind }) => (
      element('option', { value: kind, selected: kind === (before || '503') }, kind)
    )));
    byId('operation-names').replaceChildren(...['changes', 'reads', ...overview.operation_names].map((name) => (
      element('option', { value: name })
    )));
    this.faults = new Map(overview.faults.map((each) => [each.id, each]));
    this.explain();
    this.show();
  }

  explain() {
    const kind = this.form.elements.kind.value;
    setText(byId('fault-kind'), MEANINGS[kind] ?? '');
    const takesSeconds = this.kinds.get(kind)?.includes('seconds') ?? false;
    byId('fault-seconds').hidden = !takesSeconds;
    this.form.elements.seconds.required = kind === 'slow';
    if (!takesSeconds) this.form.elements.seconds.value = '';
  }

  /** Offer to spoil operations like one that is there. */
  prepare(operation) {
    this.form.elements.kind.value = operation.lasting ? 'fail' : '500';
    this.form.elements.operation.value = operation.name;
    this.form.elements.count.value = 1;
    this.explain();
    this.form.querySelector('[type=submit]').focus();
  }

  async add() {
    const { kind, operation, probability, count, seconds } = this.form.elements;
    const fault = { kind: kind.value };
    if (operation.value.trim()) fault.operation = operation.value.trim();
    if (probability.value !== '') fault.probability = Number(probability.value) / 100;
    if (count.value !== '') fault.count = Number(count.value);
    if (seconds.value !== '') fault.seconds = Number(seconds.value);
    const problem = byId('fault-problem');
    problem.hidden = true;
    try {
      this.happened('set', await post('faults', fault));
    } catch (error) {
      setText(problem, error.message);
      problem.hidden = false;
    }
  }

  happened(change, fault) {
    if (change === 'removed') this.faults.delete(fault.id);
    else this.faults.set(fault.id, fault);
    this.show();
  }

  async attempt(work) {
    try {
      await work();
      const { faults } = await get('faults');
      this.faults = new Map(faults.map((each) => [each.id, each]));
      this.show();
    } catch (error) {
      this.complain(error);
    }
  }

  show() {
    byId('faults-off').hidden = this.faults.size === 0;
    const list = byId('active-faults');
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.fault : undefined;
    list.replaceChildren(...[...this.faults.values()].map((fault) => this.item(fault)));
    if (focused) list.querySelector(`[data-fault="${focused}"]`)?.focus();
  }

  item(fault) {
    const off = element('button', { type: 'button', 'aria-label': `Switch off ${fault.kind}` }, 'Off');
    off.dataset.fault = fault.id;
    off.addEventListener('click', () => this.attempt(() => remove(`faults/${fault.id}`)));
    const often = fault.probability < 1 ? `, ${Number((fault.probability * 100).toPrecision(3))} % of them` : '';
    const long = fault.seconds === undefined ? '' : `, ${fault.seconds} s`;
    const struck = fault.count === undefined
      ? `struck ${plural(fault.struck, 'time')}`
      : `struck ${fault.struck} of ${plural(fault.count, 'time')}`;
    return element(
      'li',
      { class: fault.spent ? 'spent' : '' },
      element(
        'span',
        { class: 'fault' },
        element('strong', {}, fault.kind),
        ` ${fault.operation ?? 'all requests'}${often}${long}`,
        element('span', { class: 'note' }, fault.spent ? `spent: ${struck}` : struck),
      ),
      off,
    );
  }
}
