// The emulator's time, which the page reckons by itself between two messages, and its switches.

import { get, post } from './api.js';
import { byId, element, setText } from './dom.js';
import { moment } from './format.js';

const FACTORS = [1, 10, 60, 100, 300, 1000];
const REDRAW = 100; // milliseconds

const PACES = {
  instant: 'jumps when somebody looks',
  manual: 'moves when it is advanced',
};

export class Clock {
  /** @param {(error: Error) => void} complain */
  constructor(complain) {
    this.complain = complain;
    this.facts = { kind: 'manual', timestamp: 0 };
    this.since = performance.now();
    byId('pause').addEventListener('click', () => this.change({ paused: !this.facts.paused }));
    byId('advance-30').addEventListener('click', () => this.change({ advance: 30 }));
    byId('advance-300').addEventListener('click', () => this.change({ advance: 300 }));
    byId('factor').addEventListener('change', (event) => this.change({ factor: Number(event.target.value) }));
    setInterval(() => this.tick(), REDRAW);
  }

  get runs() {
    return this.facts.kind !== 'manual' && !this.facts.paused;
  }

  /** Virtual seconds since 1970. */
  now() {
    const elapsed = (performance.now() - this.since) / 1000;
    return this.facts.timestamp + (this.runs ? elapsed * (this.facts.factor ?? 1) : 0);
  }

  set(facts) {
    this.facts = facts;
    this.since = performance.now();
    const running = facts.kind === 'running';
    byId('pause').hidden = !running;
    setText(byId('pause'), facts.paused ? 'Resume' : 'Pause');
    byId('factor').hidden = !running;
    if (running) this.showFactor(facts.factor);
    const pace = byId('pace');
    setText(pace, facts.paused ? 'paused' : PACES[facts.kind] ?? '');
    pace.hidden = running && !facts.paused;
    this.tick();
  }

  showFactor(factor) {
    const select = byId('factor');
    const choices = [...new Set([...FACTORS, factor])].sort((a, b) => a - b);
    select.replaceChildren(...choices.map((each) => (
      element('option', { value: each, selected: each === factor }, each === 1 ? 'real time' : `× ${each}`)
    )));
  }

  async change(change) {
    try {
      this.set(await post('clock', change));
    } catch (error) {
      this.complain(error);
    }
  }

  /** Set it right: a sleeping computer's clocks do not agree when it wakes up. */
  async refresh() {
    this.set(await get('clock'));
  }

  tick() {
    const node = byId('now');
    setText(node, `${moment(this.now())} UTC`);
    node.dateTime = node.textContent.replace(' UTC', 'Z').replace(' ', 'T');
  }
}
