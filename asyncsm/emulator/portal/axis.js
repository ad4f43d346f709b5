// The time axis of a list of operations: pauses, in which nothing in view went on, take little room.

import { duration, timeOfDay } from './format.js';

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800];
const MOST_TICKS = 6;
const SHORTEST_PAUSE = 60; // seconds
const PAUSES = 24; // percent of the axis that all pauses together have at most
const PAUSE = 6; // percent that one has at most
const LEAST = 0.06; // part of the busy time that a stretch counts for at least
const ROOM = 66; // pixels that a label takes

/** Stretches of time that cover all spans, where those less than `gap` apart are one. */
function stretches(spans, gap) {
  const found = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && from - last.end <= gap) last.end = Math.max(last.end, to);
    else found.push({ start: from, end: to });
  }
  return found;
}

const total = (found) => found.reduce((sum, { start, end }) => sum + end - start, 0);

/** The whole steps around each stretch; so the axis rests most of the time while an operation goes on. */
function rounded(found, step) {
  const whole = found.map(({ start, end }) => {
    const from = Math.floor(start / step) * step;
    return [from, Math.max(from + step, Math.ceil(end / step) * step)];
  });
  return stretches(whole, 0);
}

export class Axis {
  /** @param {[number, number][]} spans begin and end of what is to be seen, in seconds */
  constructor(spans) {
    const busy = total(stretches(spans, 0));
    const near = stretches(spans, Math.max(SHORTEST_PAUSE, busy / 2));
    this.step = STEPS.find((each) => total(near) / each <= MOST_TICKS - 1) ?? STEPS.at(-1);
    this.stretches = rounded(near, this.step);
    this.place();
  }

  /** Give each stretch its part of the axis. */
  place() {
    const count = this.stretches.length - 1;
    const pause = Math.min(PAUSE, PAUSES / Math.max(count, 1));
    const least = LEAST * total(this.stretches);
    const weights = this.stretches.map(({ start, end }) => Math.max(end - start, least));
    const whole = weights.reduce((sum, each) => sum + each, 0);
    let left = 0;
    this.stretches.forEach((each, index) => {
      each.left = left;
      each.right = left + ((100 - pause * count) * weights[index]) / whole;
      left = each.right + pause;
    });
  }

  /** What tells two axes apart. */
  get key() {
    return this.stretches.map(({ start, end }) => `${start}-${end}`).join();
  }

  /** Where a moment is, in percent. */
  at(time) {
    const points = this.stretches.flatMap(({ start, end, left, right }) => [[start, left], [end, right]]);
    const next = points.findIndex(([moment]) => moment >= time);
    if (next <= 0) return next === 0 ? 0 : 100;
    const [[from, left], [to, right]] = [points[next - 1], points[next]];
    return left + ((right - left) * (time - from)) / (to - from);
  }

  /** Labels along the axis, which has a width in pixels, as far as there is room for them. */
  ticks(width) {
    const found = [];
    const room = (100 * ROOM) / width;
    let free = 0;
    for (const { start, end } of this.stretches) {
      for (let time = start; time < end; time += this.step) {
        const left = this.at(time);
        if (left < free || left > 100 - room / 2) continue;
        found.push({ left, text: timeOfDay(time, this.step < 60) });
        free = left + room;
      }
    }
    return found;
  }

  /** The pauses: where they are, and how long they were. */
  pauses() {
    return this.stretches.slice(1).map(({ start, left }, index) => {
      const before = this.stretches[index];
      return { left: before.right, width: left - before.right, text: duration(start - before.end) };
    });
  }
}
